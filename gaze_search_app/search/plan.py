"""What a query asks of each channel, once it is known what the library holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.bounds import bounds
from gaze_search_app.search.labels import explain_label, named_labels, spelled
from gaze_search_app.search.model import Mode, SearchRequest
from gaze_search_app.search.scope import Bounds
from gaze_search_app.search.sounds import Endings, Sound, soft, strict
from gaze_search_app.search.spoken import endings
from gaze_search_app.search.syntax import Clause, Field, Part, Query, Term

EXAMPLE = "picture"
"""What the part of a query is called that is no more than an example."""
LOOKS = 8
"""The most ways of putting a query with ORs that are looked for one by one."""


@dataclass(frozen=True)
class Ask:
    """What one part of a query asks.

    `sounds` are to be heard, `writings` to be read on the screen; `means` are the words, if they need not be
    said as they are. `looks` are texts to look for, of which any will do; of each group of `labels` one must
    be seen. `unheard`, `unwritten`, `unseen` and `unlabelled` must not be there. `named` are labels that the
    words name. What is `pictured` must look like the request's example: that narrows, the words steer.
    """

    text: str
    sounds: tuple[Sound, ...] = ()
    looks: tuple[str, ...] = ()
    labels: tuple[frozenset[str], ...] = ()
    unheard: tuple[Sound, ...] = ()
    unseen: tuple[str, ...] = ()
    unlabelled: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    hears: bool = False
    writings: tuple[Sound, ...] = ()
    unwritten: tuple[Sound, ...] = ()
    reads: bool = False
    means: str = ""
    pictured: bool = False

    @property
    def finds(self) -> bool:
        """Whether there is anything to find; words of signs alone are sought in pictures."""
        return bool(self.hears or self.reads or self.looks or self.labels or self.pictured)


@dataclass(frozen=True)
class Plan:
    """A whole query: the asks of each step, how long after the one before each may begin, and where."""

    steps: tuple[tuple[Ask, ...], ...]
    within_ms: tuple[int, ...]
    bounds: Bounds
    notes: tuple[str, ...] = ()

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The asks of all steps, in order."""
        return tuple(ask for step in self.steps for ask in step)


def plan(
    query: Query, request: SearchRequest, snapshot: Snapshot, *, labelled: bool = True
) -> Plan:
    """What a query asks of a snapshot, whose labels count if `labelled`. Raises GazeError(QUERY_EMPTY)."""
    notes: list[str] = []
    where = bounds(query.scope, request, snapshot, notes)
    spoken = _Tongue(snapshot.languages, endings(snapshot.spoken))
    written = _Tongue(snapshot.written_languages, endings(snapshot.written))
    labels = snapshot.labels if labelled else None
    binder = _Binder(snapshot, request.mode, spoken, written, notes, labels)
    steps = tuple(tuple(binder.ask(part) for part in step.parts) for step in query.steps)
    if request.exemplified:
        steps = _pictured(steps)
    if sum(map(len, steps)) == 1:  # else the labels filter whole moments
        filters = tuple(frozenset([label]) for label in request.labels)
        steps = ((replace(steps[0][0], labels=steps[0][0].labels + filters),),)
    if not steps:
        detail = "it only says where to look" if query.scope else ""
        raise GazeError(ErrorCode.QUERY_EMPTY, str(query), detail)
    if not any(ask.finds for step in steps for ask in step):
        raise GazeError(ErrorCode.QUERY_EMPTY, str(query), "it only says what to leave out")
    return Plan(
        steps,
        tuple(step.within_ms or 0 for step in query.steps[1:]),
        where,
        tuple(dict.fromkeys(notes)),
    )


def _pictured(steps: tuple[tuple[Ask, ...], ...]) -> tuple[tuple[Ask, ...], ...]:
    """The same with an example: of a single part it is one more trait, of several it joins the first."""
    if not steps:
        return ((Ask(EXAMPLE, pictured=True),),)
    first, *later = steps
    if len(first) == 1 and not later:
        return ((replace(first[0], pictured=True),),)
    return ((Ask(EXAMPLE, pictured=True), *first), *later)


@dataclass(frozen=True)
class _Tongue:
    """The languages of a library's lines, and their words by how they begin."""

    languages: frozenset[str]
    endings: Endings


@dataclass(frozen=True)
class _Binder:
    snapshot: Snapshot
    mode: Mode
    spoken: _Tongue
    written: _Tongue
    notes: list[str]
    labels: frozenset[str] | None
    """The labels there are, or None where they are switched off."""

    def ask(self, part: Part) -> Ask:
        """What a part asks."""
        sounds: dict[Sound, None] = {}
        writings: dict[Sound, None] = {}
        looks: list[list[str]] = []
        loose: list[str] = []
        labels: list[frozenset[str]] = []
        said: list[str] = []
        hears = reads = False
        for clause in part.clauses:
            if clause.negated:
                continue
            if known := self._labels(clause):
                labels.append(known)
                continue
            terms = [self._demoted(term, clause) for term in clause.terms]
            heard = [term for term in terms if self._audible(term)]
            seen = [term.text for term in terms if self._visible(term)]
            read = [term for term in terms if self._readable(term)]
            hears |= bool(heard)
            reads |= bool(read)
            said += [term.text for term in terms]
            loose += [term.text for term in heard if len(terms) == 1]
            sounds |= dict.fromkeys(self._sounds(self.spoken, heard, len(heard) == len(terms)))
            writings |= dict.fromkeys(self._sounds(self.written, read, len(read) == len(terms)))
            if seen:
                looks.append(seen)
        without = [clause.terms[0] for clause in part.clauses if clause.negated]
        unheard = (self._strict(self.spoken, [term]) for term in without if self._audible(term))
        unread = (self._strict(self.written, [term]) for term in without if self._readable(term))
        unlabelled = (self._known(term) for term in without if term.field is Field.LABEL)
        return Ask(
            text=str(part),
            hears=hears,
            reads=reads,
            writings=tuple(writings),
            unwritten=tuple(sound for sound in unread if sound),
            means="" if any(sound.required for sound in sounds) else " ".join(loose),
            sounds=tuple(sounds),
            looks=_ways(looks),
            labels=tuple(labels),
            unheard=tuple(sound for sound in unheard if sound),
            unseen=tuple(term.text for term in without if self._visible(term)),
            unlabelled=frozenset(label for label in unlabelled if label),
            named=named_labels(" ".join(said), self.labels or frozenset()),
        )

    def _labels(self, clause: Clause) -> frozenset[str]:
        """The labels of a clause of nothing else, as far as they are known."""
        if any(term.field is not Field.LABEL for term in clause.terms):
            return frozenset()
        return frozenset(known for term in clause.terms if (known := self._known(term)))

    def _known(self, term: Term) -> str | None:
        if self.labels is None:
            self.notes.append(f"{term} was searched as a word: labels are {SWITCHED_OFF}.")
            return None
        label = spelled(self.snapshot, term.text)
        if label is None:
            self.notes.append(explain_label(self.snapshot, term.text))
        return label

    def _demoted(self, term: Term, clause: Clause) -> Term:
        """A label that cannot be a filter as a word."""
        if term.field is not Field.LABEL:
            return term
        if len(clause.terms) > 1:
            self.notes.append(f"{term} stands in an OR with words, so it was searched as one.")
        return Term(term.text)

    def _audible(self, term: Term) -> bool:
        return term.field is Field.SAY or (term.field is None and self.mode is not Mode.VISUAL)

    def _readable(self, term: Term) -> bool:
        return term.field is Field.TEXT or (term.field is None and self.mode is not Mode.TRANSCRIPT)

    def _visible(self, term: Term) -> bool:
        return term.field is Field.SEE or (term.field is None and self.mode is not Mode.TRANSCRIPT)

    def _sounds(self, tongue: _Tongue, terms: Sequence[Term], required: bool) -> list[Sound]:
        if required and len(terms) == 1 and _plain(terms[0]):
            return soft(terms[0], tongue.languages)
        sound = self._strict(tongue, terms, required)
        return [sound] if sound else []

    def _strict(
        self, tongue: _Tongue, terms: Iterable[Term], required: bool = True
    ) -> Sound | None:
        return strict(terms, tongue.languages, tongue.endings, required)


def _plain(term: Term) -> bool:
    return not (term.field or term.quoted or term.prefix)


def _ways(looks: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every way of putting what is to be seen, while they are few; else all words together."""
    if not looks:
        return ()
    if prod(len(alternatives) for alternatives in looks) > LOOKS:
        return (" ".join(" ".join(alternatives) for alternatives in looks),)
    return tuple(dict.fromkeys(" ".join(way) for way in product(*looks)))
