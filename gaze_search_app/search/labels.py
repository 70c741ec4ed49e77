"""The labels that a person asks for or names, as the snapshot spells them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.folding import fold
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.text import spans

_ARTICLES = [fold(word) for word in ("a", "an", "the")]
_PLURALS = {
    "person": ("people", "persons"),
    "mouse": ("mice",),
    "knife": ("knives",),
    "skis": ("ski",),
    "scissors": ("scissor",),
    "sheep": (),
}


def known_labels(snapshot: Snapshot, asked: Iterable[str]) -> list[str]:
    """The labels meant, in whatever case they are typed.

    Raises GazeError(LABEL_UNKNOWN) with the labels there are, or with the code that keeps every video
    without labels (MODEL_MISSING where the detector is not installed).
    """
    meant = []
    for label in asked:
        known = spelled(snapshot, label)
        if known is None:
            raise GazeError(*_unknown(snapshot, label))
        meant.append(known)
    return meant


def spelled(snapshot: Snapshot, label: str) -> str | None:
    """A label as the snapshot spells it, None where nothing has it."""
    folded = _folded(label)
    return next((known for known in snapshot.labels if known.casefold() == folded), None)


def explain_label(snapshot: Snapshot, label: str) -> str:
    """A sentence on a label of a query that nothing has."""
    code, _, detail = _unknown(snapshot, label)
    told = f"{code.sentence} {code.remedy}" if code is not ErrorCode.LABEL_UNKNOWN else ""
    return f"label:{label} was searched as a word, as nothing has that label ({detail}). {told}".strip()


def named_labels(text: str, labels: Iterable[str]) -> frozenset[str]:
    """The labels that a query names, in singular or plural: "two dogs" names `dog`."""
    said = _words(text)
    return frozenset(
        label
        for label in labels
        for wanted in _forms(label)
        if any(said[at : at + len(wanted)] == wanted for at in range(len(said) - len(wanted) + 1))
    )


def only_label(text: str, labels: Iterable[str]) -> str | None:
    """The label that a text names without saying more of it: "a dog", but not "a running dog"."""
    said = _words(text)
    bare = said[1:] if said[:1] and said[0] in _ARTICLES else said
    return next((label for label in labels if bare in _forms(label)), None)


def _words(text: str) -> list[str]:
    return [fold(text[span.start : span.end]) for span in spans(text, "")]


def _forms(label: str) -> list[list[str]]:
    """A label's words in singular and plural."""
    *front, last = label.casefold().split() or [""]
    return [[fold(word) for word in (*front, form)] for form in (last, *_plurals(last))]


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())


def _unknown(snapshot: Snapshot, label: str) -> tuple[ErrorCode, str, str]:
    """The code, subject and detail of the failure."""
    known = {label.casefold(): label for label in snapshot.labels}
    if not known:
        reason = snapshot.rows("SELECT mode(labels_reason) FROM videos")[0][0]
        if reason in ErrorCode.__members__:
            return ErrorCode[reason], label, "no video has labels yet"
        why = f"no video has labels yet: {reason}" if reason else "nothing was detected"
        return ErrorCode.LABEL_UNKNOWN, label, why
    if close := get_close_matches(_folded(label), known):
        detail = f"close to it: {', '.join(known[name] for name in close)}"
    else:
        detail = f"there are: {', '.join(sorted(known.values()))}"
    return ErrorCode.LABEL_UNKNOWN, label, detail


def _plurals(noun: str) -> tuple[str, ...]:
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return (f"{noun}es",)
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return (f"{noun[:-1]}ies",)
    return (f"{noun}s",)
