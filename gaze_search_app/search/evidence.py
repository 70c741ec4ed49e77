"""What a moment shows beside its hits: labels seen meanwhile, the frame on screen, the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gaze_pipeline.store.snapshot_columns import Columns, Ints
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.hits import Interval
from gaze_search_app.search.moments import Stretch


@dataclass(frozen=True)
class Frame:
    """A sampled frame and its time."""

    index: int
    timestamp_ms: int


@dataclass(frozen=True)
class Place:
    """The files that hold a video, and the libraries they lie in."""

    paths: list[str]
    libraries: list[str]


def with_labels(snapshot: Snapshot, stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same stretches with the labels of the frames that are on screen meanwhile, commonest first."""
    columns = snapshot.columns
    return [
        replace(stretch, labels=_labels(columns, columns.numbers[stretch.fingerprint], stretch))
        for stretch in stretches
    ]


def _labels(columns: Columns, video: int, time: Interval) -> tuple[str, ...]:
    seen = columns.sightings.of(video)
    first = np.searchsorted(seen["until_ms"], time.start_ms, "right")
    last = np.searchsorted(seen["start_ms"], time.end_ms, "left")
    counts = Counter(seen["label"][first:last].tolist())
    return tuple(columns.labels[n] for n, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def frames_at(snapshot: Snapshot, times: Sequence[tuple[str, int]]) -> list[Frame | None]:
    """For each (fingerprint, ms) the frame on screen: the last one taken by then, else the first."""
    columns = snapshot.columns
    return [_frame(columns.frames.of(columns.numbers[video]), ms) for video, ms in times]


def _frame(frames: Mapping[str, Ints], ms: int) -> Frame | None:
    taken = frames["timestamp_ms"]
    if not len(taken):
        return None
    at = max(int(np.searchsorted(taken, ms, "right")) - 1, 0)
    return Frame(int(frames["index"][at]), int(taken[at]))


def places(snapshot: Snapshot, fingerprints: Sequence[str]) -> dict[str, Place]:
    """Where videos lie, by fingerprint; paths in order."""
    rows = snapshot.rows(
        """SELECT fingerprint, list(path ORDER BY path), list_sort(list(DISTINCT library))
           FROM files WHERE list_contains($fingerprints, fingerprint) GROUP BY fingerprint""",
        {"fingerprints": list(fingerprints)},
    )
    return {fingerprint: Place(paths, libraries) for fingerprint, paths, libraries in rows}
