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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import Stemmer

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

_MARKS = "".join(
    chr(point)
    for point in range(0x300, 0x10000)
    if unicodedata.category(chr(point)) in ("Mn", "Mc")
)
_LETTER = rf"\w{_MARKS}"
_CHUNK = re.compile(rf"[{_LETTER}]+(?:['’ʼ.,\-‐‑][{_LETTER}]+)*")
_PART = re.compile(rf"[^\W_][{_LETTER.replace('_', '')}]*")
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u1100-\u11ff\uac00-\ud7af"  # Korean, whose particles cling to its words
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_RUN = re.compile(rf"(?:[{_UNSPACED}][{_MARKS}]*)+|[^{_UNSPACED}_]+")
_CHARACTER = re.compile(rf"[{_UNSPACED}][{_MARKS}\uff9e\uff9f]*")
_FOLDED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_FOLDED_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_local = threading.local()


@dataclass(frozen=True)
class Span:
    """A stretch of a text ([start, end) in characters) and the tokens it is indexed by."""

    start: int
    end: int
    tokens: frozenset[str]


@dataclass(frozen=True)
class _Unit:
    """One matchable piece of a chunk: its exact tokens, and the word to stem if it has stems."""

    start: int
    end: int
    exact: tuple[str, ...]
    word: str = ""
    single: bool = False  # one character of a longer run: indexed, but too weak to search by


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
            words[frozenset([*unit.exact, *stems])] = None
    return list(words)


def spans(text: str, language: str) -> Iterator[Span]:
    """Every indexed stretch of a text, in order; neighbouring pairs of characters overlap."""
    for match in _CHUNK.finditer(text):
        for unit in _units(match[0]):
            tokens = frozenset([*unit.exact, *_stems(unit.word, language)])
            yield Span(match.start() + unit.start, match.start() + unit.end, tokens)


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """A word without case, accents, width and other spelling variants."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    bare = _FOLDED_MARKS.sub("", unicodedata.normalize("NFD", plain.translate(_FOLDED_LETTERS)))
    return "".join(unicodedata.normalize("NFC", bare).split())


@lru_cache(maxsize=1 << 18)
def _chunk_tokens(chunk: str, language: str) -> str:
    tokens: dict[str, None] = {}
    for unit in _units(chunk):
        tokens |= dict.fromkeys(unit.exact)
        tokens |= dict.fromkeys(_stems(unit.word, language))
    return " ".join(tokens)


def _units(chunk: str) -> list[_Unit]:
    """The pieces of a chunk: "covid-19" is `covid` and `19`, and each is also `covid19`."""
    parts = [(part.start(), part[0]) for part in _PART.finditer(chunk)]
    spaced = len(parts) > 1 and not _CHARACTER.search(chunk)
    joined = (fold("".join(part for _, part in parts)),) if spaced else ()
    units: list[_Unit] = []
    for start, part in parts:
        for run in _RUN.finditer(part):
            first, last = start + run.start(), start + run.end()
            if _CHARACTER.match(run[0]):
                units += _grams(first, run[0])
            elif folded := fold(run[0]):
                units.append(_Unit(first, last, (folded, *joined), run[0]))
    return units


def _grams(start: int, run: str) -> Iterator[_Unit]:
    characters = [
        (match.start(), match.end(), fold(match[0])) for match in _CHARACTER.finditer(run)
    ]
    for first, last, character in characters:
        yield _Unit(start + first, start + last, (character,), single=len(characters) > 1)
    for (first, _, one), (_, last, other) in pairwise(characters):
        yield _Unit(start + first, start + last, (one + other,))


@lru_cache(maxsize=1 << 16)
def _stems(word: str, language: str) -> tuple[str, ...]:
    """The stems of a word, tagged; that of its folded form too, where accents steer the stemmer."""
    stemmer = _stemmer(language)
    if stemmer is None or not word or any(character.isdigit() for character in word):
        return ()
    spelled = unicodedata.normalize("NFKC", word).casefold()
    stems = dict.fromkeys(fold(stemmer.stemWord(form)) for form in (spelled, fold(word)))
    return tuple(f"{stem}~{language}" for stem in stems if stem)


def _stemmer(language: str) -> Stemmer.Stemmer | None:
    """This thread's stemmer: they are not safe to share."""
    name = STEMMERS.get(language)
    if name is None:
        return None
    mine: dict[str, Stemmer.Stemmer] = _local.__dict__.setdefault("stemmers", {})
    if name not in mine:
        mine[name] = Stemmer.Stemmer(name)
    return mine[name]
