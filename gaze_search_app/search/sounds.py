"""What is to be heard: words and phrases as tokens, and whether a line holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from gaze_pipeline.store.text import Element, elements, query_words
from gaze_search_app.search.syntax import Term

_TOKENS = 10
"""More tokens than one word is indexed by, or an abbreviation like U.S.S.R."""
Endings = Callable[[Collection[str]], frozenset[str]]


@dataclass(frozen=True)
class Patterns:
    """Regular expressions for tokens, which rule lines out quickly; `Phrase.places` decides.

    For a line that says a phrase, for one that ends within it, and for one that begins within it.
    """

    whole: str
    begun: str
    ended: str


@dataclass(frozen=True)
class Phrase:
    """Words that must follow each other: for each the tokens of which any will do.

    A single word has no `elements`, as its tokens tell all. With `prefix` the last of the elements may
    go on.
    """

    words: tuple[frozenset[str], ...]
    elements: tuple[Element, ...] = ()
    prefix: bool = False

    def patterns(self) -> Patterns | None:
        """What the tokens of lines that say it look like; None for unspaced scripts.

        Their order of tokens is not that of the text.
        """
        if len(self.elements) < 2 or any(element.character for element in self.elements):
            return None
        words, within = [], ""
        at = 0
        while at < len(self.elements):
            chunk = self.elements[at]
            any_of = "|".join(sorted(map(re.escape, chunk.spellings | _whole(chunk))))
            at += chunk.left
            goes_on = r"\S*" if self.prefix and chunk.left == 1 and at == len(self.elements) else ""
            words.append(f"({any_of}){goes_on}")
            within += words[-1] + rf"( \S+){{0,{_TOKENS * chunk.left}}} " * (
                at < len(self.elements)
            )
        few = f"{{0,{_TOKENS * len(self.elements)}}}"
        return Patterns(
            rf"(^| ){within}( |$)",
            rf"(^| ){words[0]}( \S+){few}$",
            rf"^(\S+ ){few}{words[-1]}( |$)",
        )

    def places(self, text: str) -> list[tuple[int, int]]:
        """The [start, end) character ranges of a text that say it."""
        if not self.elements:
            return []
        said = elements(text)
        found = []
        for first in range(len(said)):
            after = self._match(said, first)
            if after is not None:
                found.append((said[first].start, said[after - 1].end))
        return found

    def _match(self, said: Sequence[Element], at: int) -> int | None:
        """The element after the phrase where it stands at an element, else None."""
        index = 0
        while index < len(self.elements):
            if at >= len(said):
                return None
            wanted, heard = self.elements[index], said[at]
            last = index == len(self.elements) - 1
            if _whole(wanted) & _whole(heard):
                index, at = index + wanted.left, at + heard.left
            elif wanted.spellings & heard.spellings or (
                last and self.prefix and _begins(heard.spellings, wanted.spellings)
            ):
                index, at = index + 1, at + 1
            else:
                return None
        return at


@dataclass(frozen=True)
class Sound:
    """One thing to be heard: any of its phrases. A moment without a required one is none."""

    phrases: tuple[Phrase, ...]
    required: bool = False

    @property
    def tokens(self) -> frozenset[str]:
        """All tokens that count for it."""
        return frozenset[str]().union(*(word for phrase in self.phrases for word in phrase.words))

    @property
    def ordered(self) -> bool:
        """Whether tokens alone do not tell that a line holds it."""
        return any(phrase.elements for phrase in self.phrases)

    def held_by(self, tokens: Collection[str]) -> bool:
        """Whether a line with these tokens holds one of the phrases that are single words."""
        return any(
            not phrase.words[0].isdisjoint(tokens) for phrase in self.phrases if not phrase.elements
        )


def soft(term: Term, languages: Iterable[str]) -> list[Sound]:
    """The words of a plain term, each for itself and none required."""
    return [Sound((Phrase((word,)),)) for word in query_words(term.text, languages)]


def strict(
    terms: Iterable[Term], languages: Collection[str], endings: Endings, required: bool = True
) -> Sound | None:
    """One sound that any of the terms makes; None where no term has a letter or digit.

    `endings` gives the tokens of the library that begin in one of some ways.
    """
    phrases = [phrase for term in terms if (phrase := _phrase(term, languages, endings))]
    return Sound(tuple(dict.fromkeys(phrases)), required) if phrases else None


def _phrase(term: Term, languages: Collection[str], endings: Endings) -> Phrase | None:
    stood = elements(term.text)
    if not stood:
        return None
    if len(stood) == 1 and not term.prefix:
        known = [] if term.quoted else languages  # a quoted word is meant as it is written
        return Phrase(tuple(query_words(term.text, known)))
    words = query_words(term.text, ())
    if not term.prefix:
        return Phrase(tuple(words), tuple(stood))
    begun = stood[-1].spellings
    words = [word for word in words if not begun & word]
    last = begun | endings(begun)
    return Phrase((*words, last), tuple(stood) if words else (), prefix=True)


def _whole(element: Element) -> frozenset[str]:
    """The whole chunk that begins with an element."""
    if element.whole:
        return frozenset([element.whole])
    return element.spellings if element.left == 1 else frozenset()


def _begins(heard: Iterable[str], wanted: Iterable[str]) -> bool:
    return any(spelling.startswith(tuple(wanted)) for spelling in heard)
