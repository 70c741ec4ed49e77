"""Which videos may hold the same content, told by the vectors of a few frames of each.

Every video sends some of its frames, evenly chosen, to look for their like in the others: so a short extract
is found in a long original, without a comparison of all with all. Vectors are looked at through a random
projection, which keeps their angles well enough (Johnson and Lindenstrauss 1984).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PROBES = 8
CANDIDATES = 6
"""So many of the likeliest others are looked at for each new video."""
ALIKE = 0.85
"""The mean cosine of a video's probes and their like in another, from which that is a candidate."""
DIMENSIONS = 48
_BLOCK_ROWS = 32_768


@dataclass(frozen=True)
class Frames:
    """The projected vectors of all frames, [n, DIMENSIONS] of unit length, those of a video in a row.

    `starts` [videos + 1] says where those of each of the `fingerprints` begin.
    """

    fingerprints: tuple[str, ...]
    starts: npt.NDArray[np.int64]
    vectors: Floats

    @classmethod
    def gathered(cls, batches: Iterable[tuple[Sequence[str], Floats]]) -> Frames:
        """Of batches of the fingerprints and vectors of frames."""
        names: list[str] = []
        parts = [np.zeros((0, DIMENSIONS), np.float32)]
        matrix: Floats | None = None
        for fingerprints, vectors in batches:
            if matrix is None:
                shape = vectors.shape[1], DIMENSIONS
                matrix = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
            small = vectors @ matrix
            parts.append(small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-9))
            names += fingerprints
        kinds, videos = np.unique(np.array(names, str), return_inverse=True)
        order = np.argsort(videos, kind="stable")
        starts = np.searchsorted(videos[order], np.arange(len(kinds) + 1))
        return cls(tuple(kinds.tolist()), starts, np.concatenate(parts)[order])

    def probes(self, videos: Sequence[int]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Some frames of these videos, and where those of each begin."""
        rows = [
            np.unique(np.linspace(self.starts[v], self.starts[v + 1] - 1, PROBES).astype(int))
            for v in videos
        ]
        begins = np.cumsum([0, *map(len, rows)])
        return self.vectors[np.concatenate(rows)], begins[:-1]


def propose(frames: Frames, new: Collection[str]) -> list[tuple[str, str]]:
    """Pairs of videos that may share content, of which one is new, likeliest first."""
    fresh = [v for v, name in enumerate(frames.fingerprints) if name in new]
    old = [v for v, name in enumerate(frames.fingerprints) if name not in new]
    if not fresh or len(frames.fingerprints) < 2:
        return []
    scores = np.zeros((len(fresh), len(frames.fingerprints)), np.float32)
    for block in _blocks(frames):
        scores[:, block.start : block.stop] = _means(frames, fresh, block)
    if old:
        for at, video in enumerate(fresh):  # a new original of extracts that were there before
            met = _means(frames, old, range(video, video + 1))[:, 0]
            scores[at, old] = np.maximum(scores[at, old], met)
    scores[np.arange(len(fresh)), fresh] = 0
    found: dict[tuple[str, str], float] = {}
    for video, row in zip(fresh, scores, strict=True):
        for other in np.argsort(-row)[:CANDIDATES]:
            if row[other] >= ALIKE:
                one, two = sorted((frames.fingerprints[video], frames.fingerprints[other]))
                found[one, two] = max(float(row[other]), found.get((one, two), 0.0))
    return sorted(found, key=lambda pair: (-found[pair], pair))


def _means(frames: Frames, sending: Sequence[int], among: range) -> Floats:
    """How alike to each of some videos the probes of others are at the mean, [sending, among]."""
    probes, begins = frames.probes(sending)
    rows = slice(frames.starts[among.start], frames.starts[among.stop])
    alike = probes @ frames.vectors[rows].T
    starts = frames.starts[among.start : among.stop] - frames.starts[among.start]
    best = np.maximum.reduceat(alike, starts, axis=1)
    counts = np.diff([*begins, len(probes)])
    sums = np.add.reduceat(best, begins, axis=0)
    return np.asarray(sums / counts[:, None], np.float32)


def _blocks(frames: Frames) -> Iterable[range]:
    """All videos in turn, as many at once as have so many frames."""
    first = 0
    while first < len(frames.fingerprints):
        reach = frames.starts[first] + _BLOCK_ROWS
        last = max(int(np.searchsorted(frames.starts, reach, "right")) - 1, first + 1)
        yield range(first, min(last, len(frames.fingerprints)))
        first = last
