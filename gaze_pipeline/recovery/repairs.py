"""What was repaired, in numbers and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass

from gaze_pipeline.formats import count


@dataclass(frozen=True)
class Repairs:
    """What one recovery found and put right. Names no video: it is kept and shown.

    `catalog` is the name under which a damaged catalog was set aside; `forgetting` says how one went on
    that had been interrupted; `index` says what was wrong with the published snapshot, `pending` why it
    could not be published anew yet.
    """

    released: int = 0
    leavings: int = 0
    restored: int = 0
    orphans: int = 0
    found: int = 0
    lost: int = 0
    catalog: str = ""
    forgetting: str = ""
    index: str = ""
    pending: str = ""

    def __bool__(self) -> bool:
        return any(astuple(self))

    def lines(self) -> list[str]:
        """One sentence a kind of repair."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.catalog:
            yield f"The catalog was damaged: kept as {self.catalog}, made anew from the folders."
        if self.released:
            yield f"{count(self.released, 'stage')} of processes that died will go on."
        if self.found:
            yield f"{count(self.found, 'result')} found on the disk that the catalog had missed."
        if self.lost:
            yield f"{count(self.lost, 'result')} gone or unreadable: made again."
        if self.restored:
            yield f"{count(self.restored, 'folder')} of thumbnails put back."
        if self.leavings:
            yield f"{count(self.leavings, 'unfinished file')} of processes that died removed."
        if self.orphans:
            yield (
                f"{count(self.orphans, 'folder')} of videos that the catalog did not know taken in: "
                "kept as long as those of deleted videos."
            )
        if self.forgetting:
            yield f"Forgetting had been interrupted: {self.forgetting}."
        if self.index:
            how = f"will be published anew ({self.pending})" if self.pending else "published anew"
            yield f"The index could not be used ({self.index}): {how}."
