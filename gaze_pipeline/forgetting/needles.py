"""What is searched for: the traces that belong to the forgotten alone, and to nothing that stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from ahocorasick_rs import BytesAhoCorasick

from gaze_pipeline.forgetting.traces import Traces, words

MAX_PHRASES = 20_000


class Needles:
    """Byte patterns and words, and finding them."""

    def __init__(self, names: Iterable[bytes], phrases: Iterable[bytes], said: set[str]) -> None:
        self.names = sorted(set(names))
        self.phrases = sorted(set(phrases))
        self.words = frozenset(said)

    @classmethod
    def of(cls, traces: Sequence[Traces], staying: Iterable[str]) -> Needles:
        """The needles of these traces.

        `staying` is what the rest of the library says: its paths, its transcripts. What occurs there
        proves nothing. Of very long transcripts, phrases at even distances are taken.
        """
        names = {name for trace in traces for name in trace.names()}
        phrases = list(dict.fromkeys(p for trace in traces for p in trace.phrases()))
        phrases = phrases[:: len(phrases) // MAX_PHRASES + 1]
        said = {word for trace in traces for word in trace.words()}
        fixed = {
            form
            for trace in traces
            if trace.fingerprint
            for form in (trace.fingerprint.encode(), trace.fingerprint.encode("utf-16-le"))
        }
        everything = cls(names, phrases, said)
        common: set[bytes] = set()
        for text in staying:
            common |= everything.found(text.encode("utf-8", "replace"))
            said -= words(text)
        kept = common - fixed
        return cls(names - kept, set(phrases) - kept, said)

    def found(self, text: bytes | memoryview) -> set[bytes]:
        """The patterns that occur in a text."""
        if self._automaton is None:
            return set()
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return {self._patterns[index] for index, _, _ in matches}

    def naming(self) -> Needles:
        """Without what was said: enough for records that hold no transcripts."""
        return Needles(self.names, (), set())

    @cached_property
    def longest(self) -> int:
        """The length of the longest pattern in bytes."""
        return max(map(len, self._patterns), default=1)

    @cached_property
    def _patterns(self) -> list[bytes]:
        return [*self.names, *self.phrases]

    @cached_property
    def _automaton(self) -> BytesAhoCorasick | None:
        return BytesAhoCorasick(self._patterns) if self._patterns else None
