"""What a moment shows beside its hits: labels seen meanwhile, the frame on screen, the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from gaze_pipeline.store.snapshot_reader import Snapshot
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
    found = _ask(
        snapshot,
        stretches,
        """SELECT number, label FROM spans
           JOIN frames USING (fingerprint)
           JOIN detections USING (fingerprint, frame_index)
           WHERE frames.timestamp_ms < spans.end_ms AND until_ms > spans.start_ms
           GROUP BY number, label ORDER BY number, count(DISTINCT frame_index) DESC, label""",
    )
    labels: dict[int, list[str]] = {}
    for number, label in found:
        labels.setdefault(number, []).append(label)
    return [
        replace(stretch, labels=tuple(labels.get(number, ())))
        for number, stretch in enumerate(stretches)
    ]


def frames_at(snapshot: Snapshot, times: Sequence[tuple[str, int]]) -> list[Frame | None]:
    """For each (fingerprint, ms) the frame on screen: the last one taken by then, else the first."""
    instants = [Stretch(fingerprint, ms, ms) for fingerprint, ms in times]
    found = _ask(
        snapshot,
        instants,
        """SELECT number,
                  arg_max(struct_pack(i := frame_index, t := timestamp_ms),
                          (timestamp_ms <= start_ms, -abs(timestamp_ms - start_ms)))
           FROM spans JOIN frames USING (fingerprint) GROUP BY number""",
    )
    frames = {number: Frame(frame["i"], frame["t"]) for number, frame in found}
    return [frames.get(number) for number in range(len(times))]


def places(snapshot: Snapshot, fingerprints: Sequence[str]) -> dict[str, Place]:
    """Where videos lie, by fingerprint; paths in order."""
    rows = snapshot.rows(
        """SELECT fingerprint, list(path ORDER BY path), list_sort(list(DISTINCT library))
           FROM files WHERE list_contains($fingerprints, fingerprint) GROUP BY fingerprint""",
        {"fingerprints": list(fingerprints)},
    )
    return {fingerprint: Place(paths, libraries) for fingerprint, paths, libraries in rows}


def _ask(snapshot: Snapshot, stretches: Sequence[Stretch], query: str) -> list[Any]:
    spans = pa.table(
        {
            "number": pa.array(range(len(stretches)), pa.int64()),
            "fingerprint": pa.array([stretch.fingerprint for stretch in stretches], pa.string()),
            "start_ms": pa.array([stretch.start_ms for stretch in stretches], pa.int64()),
            "end_ms": pa.array([stretch.end_ms for stretch in stretches], pa.int64()),
        }
    )
    return snapshot.rows(query, spans=spans)
