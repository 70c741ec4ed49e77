"""The labels that a person asks for, as the snapshot spells them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot_reader import Snapshot


def known_labels(snapshot: Snapshot, asked: Iterable[str]) -> list[str]:
    """The labels meant, in whatever case they are typed.

    Raises GazeError(LABEL_UNKNOWN) with the labels there are, or with the code that keeps every video
    without labels (MODEL_MISSING where the detector is not installed).
    """
    spelled = {label.casefold(): label for label in snapshot.labels}
    meant = []
    for label in asked:
        folded = " ".join(label.casefold().split())
        if folded not in spelled:
            raise _unknown(snapshot, label, folded, spelled)
        meant.append(spelled[folded])
    return meant


def _unknown(snapshot: Snapshot, label: str, folded: str, spelled: dict[str, str]) -> GazeError:
    if not spelled:
        reason = snapshot.rows("SELECT mode(labels_reason) FROM videos")[0][0]
        if reason in ErrorCode.__members__:
            return GazeError(ErrorCode[reason], label, "no video has labels yet")
        why = f"no video has labels yet: {reason}" if reason else "nothing was detected"
        return GazeError(ErrorCode.LABEL_UNKNOWN, label, why)
    if close := get_close_matches(folded, spelled):
        detail = f"close to it: {', '.join(spelled[name] for name in close)}"
    else:
        detail = f"there are: {', '.join(sorted(spelled.values()))}"
    return GazeError(ErrorCode.LABEL_UNKNOWN, label, detail)
