"""Finding the videos that share content, as part of a publication: only what is new is compared."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gaze_pipeline.duplicates.compare import fits
from gaze_pipeline.duplicates.families import Pair
from gaze_pipeline.duplicates.propose import Frames, propose
from gaze_pipeline.duplicates.reel import GLANCE_PX, Ints, Reel, luma_of
from gaze_pipeline.duplicates.verify import Look, verify
from gaze_pipeline.errors import GazeError
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.extracts import frame_name
from gaze_pipeline.media.images import glance
from gaze_pipeline.states import Stage
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.vector_reader import VectorReader

PATIENCE_S = 30.0
"""So long a publication looks for copies; videos that are left then are compared by the next one."""
REELS_KEPT = 32


@dataclass(frozen=True)
class Copies:
    """The pairs of videos that share content, and what was `compared`: fingerprints, and their sources.

    `late` tells that there was no time for the others.
    """

    pairs: tuple[Pair, ...] = ()
    compared: Mapping[str, str] = field(default_factory=dict)
    late: bool = False


def find_copies(
    known: Copies,
    videos: Sequence[VideoRow],
    artifacts: ArtifactStore,
    decoder: Decoder,
    vectors: VectorReader | None,
    scratch: Path,
) -> Copies:
    """The pairs among these videos; of those `known`, what has not changed is not compared again.

    Pictures of videos are laid in a folder of `scratch` for a moment. Raises GazeError(INDEX_CORRUPT).
    """
    sources = {
        video.fingerprint: source
        for video in videos
        if (source := _source(artifacts, video.fingerprint))
    }
    kept = {key: was for key, was in known.compared.items() if sources.get(key) == was}
    pairs = [pair for pair in known.pairs if {pair.longer, pair.shorter} <= kept.keys()]
    new = sources.keys() - kept.keys()
    if vectors is None or not new:
        return Copies(tuple(pairs), kept)
    frames = Frames.gathered(vectors.batches())
    theatre = _Theatre(videos, artifacts, decoder, scratch)
    proposed = propose(frames, new)
    waiting = list(dict.fromkeys(key for pair in proposed for key in pair if key in new))
    done = sources.keys() - set(waiting)
    end = time.monotonic() + PATIENCE_S
    while waiting:
        video = waiting.pop(0)
        pairs += theatre.compare(video, (pair for pair in proposed if video in pair), done)
        done.add(video)
        if time.monotonic() > end:
            break
    compared = {key: sources[key] for key in done & set(frames.fingerprints)}
    return Copies(tuple(pairs), kept | compared, late=bool(waiting))


class _Theatre:
    """Shows videos to each other."""

    def __init__(
        self,
        videos: Collection[VideoRow],
        artifacts: ArtifactStore,
        decoder: Decoder,
        scratch: Path,
    ) -> None:
        self._videos = {video.fingerprint: video for video in videos}
        self._decoder = decoder
        self._scratch = scratch
        self._reel = lru_cache(REELS_KEPT)(lambda key: Reel.read(artifacts, key))

    def compare(
        self, video: str, proposed: Iterable[tuple[str, str]], done: Collection[str]
    ) -> Iterator[Pair]:
        """What a video shares with what it is proposed with and is done: so each pair meets once."""
        for one, other in proposed:
            if (other if video == one else one) in done and (found := self._meet(one, other)):
                yield found

    def _meet(self, one: str, other: str) -> Pair | None:
        longer, shorter = sorted((one, other), key=lambda key: -self._videos[key].duration_ms)
        long_reel, short_reel = self._reel(longer), self._reel(shorter)
        if long_reel is None or short_reel is None:
            return None
        for fit in fits(long_reel, short_reel):
            shared = verify(long_reel, short_reel, fit, self._look(longer))
            if shared is not None:
                end_ms = min(shared.end_ms, self._videos[shorter].duration_ms)
                return Pair(longer, shorter, shared.offset_ms, shared.start_ms, end_ms)
        return None

    def _look(self, fingerprint: str) -> Look:
        path = next((f.path for f in self._videos[fingerprint].files if f.path.exists()), None)

        def look(times_ms: Sequence[int]) -> tuple[Ints, npt.NDArray[np.uint8]] | None:
            wanted = sorted({time_ms for time_ms in times_ms if time_ms >= 0})
            if path is None or not wanted:
                return None
            with tempfile.TemporaryDirectory(prefix=".search-", dir=self._scratch) as place:
                folder = Path(place)
                try:
                    extract = self._decoder.write_frames_at(path, folder, wanted, 4 * GLANCE_PX)
                    shown = [
                        luma_of(glance(folder / frame_name(index), GLANCE_PX))
                        for index in range(len(extract.timestamps_ms))
                    ]
                except (GazeError, OSError):
                    return None
            if not shown:
                return None
            return np.array(extract.timestamps_ms, np.int64), np.stack(shown)

        return look


def _source(artifacts: ArtifactStore, fingerprint: str) -> str | None:
    """A name for the artifacts that a video is compared by; None without vectors."""
    digest = hashlib.sha256()
    for stage in (Stage.EMBEDDINGS, Stage.FRAMES, Stage.TRANSCRIPT):
        try:
            stat = artifacts.paths.artifact(fingerprint, stage).stat()
        except FileNotFoundError:
            if stage is Stage.EMBEDDINGS:
                return None
            continue
        digest.update(f"{stage} {stat.st_mtime_ns} {stat.st_size}\n".encode())
    return digest.hexdigest()[:16]
