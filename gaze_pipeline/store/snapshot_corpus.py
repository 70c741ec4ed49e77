"""A table of a snapshot that holds lines of text with their times: what is said, or written on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gaze_pipeline.store.postings import Lines
from gaze_pipeline.store.snapshot_columns import Runs
from gaze_pipeline.store.snapshot_words import Words

if TYPE_CHECKING:
    from gaze_pipeline.store.snapshot_reader import Snapshot

SPOKEN, WRITTEN = "segments", "texts"


@dataclass(frozen=True)
class Corpus:
    """The lines of one table, by id: `runs` has their `start_ms` and `end_ms`, `videos` their videos."""

    snapshot: Snapshot
    table: str
    words: Words
    runs: Runs
    videos: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.videos)

    def within(self, lines: Lines, fingerprints: Iterable[str] | None) -> Lines:
        """Those of some lines that are of these videos, or of any."""
        if fingerprints is None:
            return lines
        chosen = self.snapshot.columns.chosen(fingerprints)
        found: Lines = lines[chosen[self.videos[lines]]]
        return found

    def fingerprint(self, line: int) -> str:
        """The video of a line."""
        found: str = self.snapshot.columns.fingerprints[self.videos[line]]
        return found
