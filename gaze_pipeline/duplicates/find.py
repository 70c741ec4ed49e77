"""Finding the videos that share content, beside the publications: only what is new is compared.

What is found is kept in the catalog, video by video: a comparison that was killed goes on where it was, and
the next publication shows it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from gaze_pipeline.duplicates.compare import fits
from gaze_pipeline.duplicates.families import Pair
from gaze_pipeline.duplicates.looks import Look, Looks
from gaze_pipeline.duplicates.propose import Frames, propose
from gaze_pipeline.duplicates.reel import Reel
from gaze_pipeline.duplicates.verify import verify
from gaze_pipeline.states import Stage
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.paths import version_of
from gaze_pipeline.store.vector_reader import VectorReader
from gaze_pipeline.workspace import Workspace

REELS_KEPT = 32

OnCompared = Callable[[int, int], None]
"""Is told how many of how many videos were compared."""


def waiting(workspace: Workspace) -> int:
    """How many videos may be yet to be compared; looks only once at a snapshot in which there are none."""
    info, copies = files.current(workspace.paths), workspace.catalog.copies
    if info is None or info.number == copies.reached():
        return 0
    videos = len(_uncompared(workspace))
    if not videos:
        copies.reach(info.number)
    return videos


def find_copies(workspace: Workspace, on_compared: OnCompared = lambda done, of: None) -> int:
    """Compare each published video that is new with all others; waits while another process does.

    Returns how many were new. Raises GazeError(INDEX_CORRUPT | DISK_FULL).
    """
    workspace.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(workspace.paths.run / "copies.lock"):
        info = files.current(workspace.paths)
        if info is None or info.number == workspace.catalog.copies.reached():
            return 0
        sources = _uncompared(workspace)
        new = 0
        if sources and info.vector_table is not None and info.vector_version is not None:
            shown = VectorReader(workspace.paths, info.vector_table, info.vector_version)
            new = _compare(workspace, sources, Frames.gathered(shown.batches()), on_compared)
        workspace.catalog.copies.reach(info.number)
        return new


def _uncompared(workspace: Workspace) -> dict[str, str]:
    """Videos with vectors that are yet to be compared, and a name for what they are compared by."""
    known = workspace.catalog.copies.compared()
    return {
        video.fingerprint: source
        for video in workspace.catalog.videos.all()
        if (source := _source(workspace.artifacts, video.fingerprint))
        and source != known.get(video.fingerprint)
    }


def _compare(
    workspace: Workspace, sources: Mapping[str, str], frames: Frames, on_compared: OnCompared
) -> int:
    copies, published = workspace.catalog.copies, set(frames.fingerprints)
    new = sources.keys() & published
    proposed: dict[str, list[tuple[str, str]]] = {}
    for pair in propose(frames, new):
        for video in filter(new.__contains__, pair):
            proposed.setdefault(video, []).append(pair)
    likely = list(proposed)
    done = published - set(likely)
    copies.record({key: sources[key] for key in new & done})
    with _scratch(workspace) as scratch:
        theatre = _Theatre(workspace, scratch)
        for count, video in enumerate(likely, start=len(new & done)):
            on_compared(count, len(new))
            found = theatre.compare(video, proposed[video], done)
            copies.record({video: sources[video]}, list(found))
            done.add(video)
    on_compared(len(new), len(new))
    return len(new)


@contextmanager
def _scratch(workspace: Workspace) -> Iterator[Path]:
    """A folder for pictures; a recovery removes what a killed process leaves of it."""
    folder = workspace.paths.run / f".copies.{os.getpid()}.tmp"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Theatre:
    """Shows videos to each other."""

    def __init__(self, workspace: Workspace, scratch: Path) -> None:
        self._videos = {video.fingerprint: video for video in workspace.catalog.videos.all()}
        self._looks = Looks(workspace.decoder, scratch)
        self._reel = lru_cache(REELS_KEPT)(lambda key: Reel.read(workspace.artifacts, key))

    def compare(
        self, video: str, proposed: Iterable[tuple[str, str]], done: Collection[str]
    ) -> Iterator[Pair]:
        """What a video shares with what it is proposed with and is done: so each pair meets once."""
        for one, other in proposed:
            if (other if video == one else one) in done and (found := self._meet(one, other)):
                yield found

    def _meet(self, one: str, other: str) -> Pair | None:
        if not {one, other} <= self._videos.keys():  # published, and gone since
            return None
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
        video = self._videos[fingerprint]
        path = next((file.path for file in video.files if file.path.exists()), None)
        return self._looks.at(path, video.duration_ms)


def _source(artifacts: ArtifactStore, fingerprint: str) -> str | None:
    """A name for the artifacts that a video is compared by; None without vectors."""
    stages = (Stage.EMBEDDINGS, Stage.FRAMES, Stage.TRANSCRIPT)
    paths = [artifacts.paths.artifact(fingerprint, stage) for stage in stages]
    return version_of(paths) if paths[0].exists() else None
