"""What a moment shows beside its hits: labels seen meanwhile, the frame on screen, the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from gaze_pipeline.store.snapshot_columns import Ints
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
    columns = snapshot.columns
    videos = np.array([columns.numbers[stretch.fingerprint] for stretch in stretches], np.int64)
    first = columns.seen_until.after(videos, np.array([s.start_ms for s in stretches]))
    last = columns.seen_from.before(videos, np.array([s.end_ms for s in stretches]))
    counts = np.maximum(last - first, 0)
    of = np.repeat(np.arange(len(stretches)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    shown = columns.sightings.columns["label"][first[of] + within]
    kinds = max(1, len(columns.labels))
    pairs, frames = np.unique(of * kinds + shown, return_counts=True)
    labels: dict[int, list[str]] = {}
    for at in np.lexsort((pairs % kinds, -frames, pairs // kinds)).tolist():
        number, label = divmod(int(pairs[at]), kinds)
        labels.setdefault(number, []).append(columns.labels[label])
    return [
        Stretch(
            s.fingerprint, s.start_ms, s.end_ms, s.lines, s.frames, tuple(labels[number]), s.texts
        )
        if number in labels
        else s
        for number, s in enumerate(stretches)
    ]


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


def places(snapshot: Snapshot, fingerprints: Iterable[str]) -> dict[str, Place]:
    """Where videos lie, by fingerprint; paths in order."""
    every = snapshot.once("places", partial(_places, snapshot))
    return {fingerprint: every[fingerprint] for fingerprint in fingerprints if fingerprint in every}


def _places(snapshot: Snapshot) -> dict[str, Place]:
    found: dict[str, list[tuple[str, str]]] = {}
    for fingerprint, path, library in snapshot.rows("SELECT fingerprint, path, library FROM files"):
        found.setdefault(fingerprint, []).append((path, library))
    return {
        fingerprint: Place(
            sorted(path for path, _ in files), sorted({library for _, library in files})
        )
        for fingerprint, files in found.items()
    }
