"""Words as full-text search sees them: folded forms, stems by language, bigrams of unspaced scripts.

A written word yields *tokens*. Its folded form ("Café" -> `cafe`) matches in every language; a stem
carries its language (`run~en`), so that one language's stems never meet another's words. Scripts
without spaces yield characters and pairs of neighbours. Both sides of a search use the same units:

    index_tokens("They're running to Café 3D", "en")   what a segment is indexed by
    query_words("Cafe runs", {"en", "de"})             one set of acceptable tokens a word
    spans("They're running", "en")                     where in the text which tokens stand
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import Stemmer

from gaze_pipeline.store.folding import MARKS, fold, spellings

STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""Language codes as Whisper gives them, and the Snowball stemmer of each."""

_PREFIXES = {
    "ar": re.compile("(?:[وفبك]ال|لل|و)(?=.{3})"),  # "and the", "by the": Snowball leaves them
    "he": re.compile("ו?[הבלכמש]{1,2}(?=.{3})|ו(?=.{3})"),  # and, the, in, to, as, from, that
}
"""Short words that are written together with the next one, for languages whose stemmer keeps them."""
_LETTER = rf"\w{MARKS}"
_GERSHAYIM = "(?<=[א-ת])[\"'׳״](?=[א-ת])"  # within Hebrew abbreviations
_CHUNK = re.compile(
    rf"[{_LETTER}]+(?:(?:['’‘ʼ´`.,·\-‐‑\u200c\u200d\u00ad]|{_GERSHAYIM})[{_LETTER}]+)*"
)
_PART = re.compile(rf"[^\W_](?:(?!_)[{_LETTER}]|{_GERSHAYIM})*")
_UNSPACED = (
    "\u0e00-\u0e4f\u0e5a-\u0ecf\u0eda-\u0eff"  # Thai, Lao; their digits are digits
    "\u1000-\u103f\u104a-\u108f\u109a-\u109f\u1780-\u17df\u17ea-\u17ff"  # Burmese, Khmer
    "\u1100-\u11ff\uac00-\ud7af"  # Korean, whose particles cling to its words
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_RUN = re.compile(rf"(?:[{_UNSPACED}][{MARKS}]*)+|[^{_UNSPACED}_]+")
_CHARACTER = re.compile(
    rf"[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|[{_UNSPACED}][{MARKS}\uff9e\uff9f]*"
)
_local = threading.local()


class Span(NamedTuple):
    """A stretch of a text ([start, end) in characters) and the tokens it is indexed by."""

    start: int
    end: int
    tokens: frozenset[str]


@dataclass(frozen=True)
class Element:
    """A word, or a character of an unspaced script: [start, end) and its spellings, without stems.

    The first piece of a chunk like "covid-19" carries the `whole` chunk (`covid19`); `left` counts the
    pieces of the chunk from this one on. `character` tells that it is of an unspaced script.
    """

    start: int
    end: int
    spellings: frozenset[str]
    whole: str = ""
    left: int = 1
    character: bool = False


@dataclass(frozen=True)
class _Unit:
    """One matchable piece of a chunk: its exact tokens, and the word to stem if it has stems."""

    start: int
    end: int
    exact: tuple[str, ...]
    word: str = ""
    joined: str = ""  # the whole chunk without its hyphens, where it has several pieces
    single: bool = False  # one character of a longer run: indexed, but too weak to search by
    pair: bool = False  # two neighbouring characters of a run

    @property
    def tokens(self) -> tuple[str, ...]:
        return (*self.exact, self.joined) if self.joined else self.exact


def index_tokens(text: str, language: str) -> str:
    """The tokens of a text, separated by spaces."""
    return " ".join([_chunk_tokens(chunk, language) for chunk in _CHUNK.findall(text)])


def query_words(query: str, languages: Iterable[str]) -> list[frozenset[str]]:
    """For each word of a query, in order and without repeats, the tokens of which any matches it.

    `languages` are those that the indexed segments are in.
    """
    languages = sorted(set(languages))
    words: dict[frozenset[str], None] = {}
    for match in _CHUNK.finditer(query):
        units = [unit for unit in _units(match[0]) if not unit.single]
        telling = [unit for unit in units if not unit.word or len(unit.word) > 1]
        for unit in telling or units:
            stems = (stem for code in languages for stem in _stems(unit.word, code))
            words[frozenset([*unit.tokens, *stems])] = None
    return list(words)


def spans(text: str, language: str) -> Iterator[Span]:
    """Every indexed stretch of a text, in order; neighbouring pairs of characters overlap."""
    for match in _CHUNK.finditer(text):
        for start, end, tokens in _chunk_spans(match[0], language):
            yield Span(match.start() + start, match.start() + end, tokens)


def elements(text: str) -> list[Element]:
    """The words and single characters of a text in order, as phrases are made of."""
    found = []
    for match in _CHUNK.finditer(text):
        units = [unit for unit in _units(match[0]) if not unit.pair]
        for index, unit in enumerate(units):
            start, end = match.start() + unit.start, match.start() + unit.end
            whole = unit.joined if index == 0 else ""
            left = len(units) - index
            found.append(
                Element(start, end, frozenset(unit.exact), whole, left, character=not unit.word)
            )
    return found


@lru_cache(maxsize=1 << 18)
def _chunk_tokens(chunk: str, language: str) -> str:
    tokens: dict[str, None] = {}
    for unit in _units(chunk):
        tokens |= dict.fromkeys(unit.tokens)
        tokens |= dict.fromkeys(_stems(unit.word, language))
    return " ".join(tokens)


@lru_cache(maxsize=1 << 14)
def _chunk_spans(chunk: str, language: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    return tuple(
        (unit.start, unit.end, frozenset([*unit.tokens, *_stems(unit.word, language)]))
        for unit in _units(chunk)
    )


@lru_cache(maxsize=1 << 16)
def _units(chunk: str) -> tuple[_Unit, ...]:
    """The pieces of a chunk: "covid-19" is `covid` and `19`, and each is also `covid19`."""
    parts = [(part.start(), part[0]) for part in _PART.finditer(chunk)]
    spaced = len(parts) > 1 and not _CHARACTER.search(chunk)
    joined = fold("".join(part for _, part in parts)) if spaced else ""
    units: list[_Unit] = []
    for start, part in parts:
        for run in _RUN.finditer(part):
            first, last = start + run.start(), start + run.end()
            if _CHARACTER.match(run[0]):
                units += _grams(first, run[0])
            elif fold(run[0]):
                units.append(_Unit(first, last, spellings(run[0]), run[0], joined))
    return tuple(units)


def _grams(start: int, run: str) -> Iterator[_Unit]:
    characters = [
        (match.start(), match.end(), fold(match[0])) for match in _CHARACTER.finditer(run)
    ]
    for first, last, character in characters:
        yield _Unit(start + first, start + last, (character,), single=len(characters) > 1)
    for (first, _, one), (_, last, other) in pairwise(characters):
        yield _Unit(start + first, start + last, (one + other,), pair=True)


@lru_cache(maxsize=1 << 16)
def _stems(word: str, language: str) -> tuple[str, ...]:
    """The stems of a word, tagged; that of its folded form too, where accents steer the stemmer."""
    stemmer = _stemmer(language)
    if stemmer is None or not word or any(character.isdigit() for character in word):
        return ()
    spelled = unicodedata.normalize("NFKC", word).casefold()
    forms = [spelled, fold(word), *_unprefixed(fold(word), language)]
    stems = dict.fromkeys(fold(stemmer(form)) for form in forms)
    return tuple(f"{stem}~{language}" for stem in stems if stem)


def _unprefixed(word: str, language: str) -> list[str]:
    prefix = _PREFIXES[language].match(word) if language in _PREFIXES else None
    return [word[prefix.end() :]] if prefix else []


def _stemmer(language: str) -> Callable[[str], str] | None:
    """This thread's stemmer: they are not safe to share."""
    name = STEMMERS.get(language)
    if name is None:
        return str if language in _PREFIXES else None
    mine: dict[str, Stemmer.Stemmer] = _local.__dict__.setdefault("stemmers", {})
    if name not in mine:
        mine[name] = Stemmer.Stemmer(name)
    stem: Callable[[str], str] = mine[name].stemWord
    return stem
