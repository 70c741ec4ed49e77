"""Forgetting videos: asked for in the catalog first, then carried out, verified, and only then done with.

A kill at any point leaves the request, and whoever calls `finish` next (a recovery does, and the upkeep)
starts over: every step can be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress

from filelock import FileLock

from gaze_pipeline import settings as settings_file
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting.erase import erase, erase_catalog
from gaze_pipeline.forgetting.halt import halt
from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.forgetting.traces import PUBLISHED, Traces
from gaze_pipeline.forgetting.verify import Proof, verify
from gaze_pipeline.library.lock import scanning
from gaze_pipeline.states import Stage
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace

ATTEMPTS = 4
PAUSE_S = 3.0
"""Between attempts: a service that was at its work wrote something down again."""

OnStep = Callable[[str], None]
"""Is told what is done now, in a few words."""

_ROWS = 50_000


def forget(
    workspace: Workspace, fingerprints: Collection[str], on_step: OnStep = lambda step: None
) -> Proof:
    """Forget these videos, and leave their files out from now on.

    The proof names what is left, if anything: then the request stays for the next `finish`.
    Raises GazeError(VIDEO_UNKNOWN | FORGETTING_UNFINISHED | DISK_FULL).
    """
    marks = Forgotten(workspace.paths)
    for fingerprint in fingerprints:
        if not _known(workspace, fingerprint):
            raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    with scanning(workspace.paths):
        for fingerprint in fingerprints:
            marks.add(fingerprint)
            _ask(workspace, fingerprint)
    return _finished(workspace, on_step)


def forget_gone(
    workspace: Workspace, fingerprints: Collection[str], on_step: OnStep = lambda step: None
) -> Proof:
    """Forget videos that no file holds; a file that turns up again is indexed anew."""
    with scanning(workspace.paths):
        for fingerprint in fingerprints:
            if workspace.catalog.videos.get(fingerprint) is None:
                _ask(workspace, fingerprint)
    return _finished(workspace, on_step)


def forget_library(
    workspace: Workspace, name: str, on_step: OnStep = lambda step: None
) -> tuple[Proof, int]:
    """Take a library out of the settings and forget the videos that only it held.

    Returns the proof and how many videos these were. Adding the folder again indexes it anew.
    Raises GazeError(LIBRARY_UNKNOWN | FORGETTING_UNFINISHED | DISK_FULL).
    """
    catalog, folder = workspace.catalog, workspace.settings.library(name).path
    with scanning(workspace.paths):
        files = catalog.files.all(name)
        elsewhere = {f.fingerprint for f in catalog.files.all() if f.library != name}
        only = {f.fingerprint for f in files if f.fingerprint} - elsewhere
        others = [file.path for file in files if file.fingerprint not in only]
        library = Traces.of_library(name, [folder, *others])
        catalog.forgetting.ask(library.subject, str(library), others)
        for fingerprint in only:
            _ask(workspace, fingerprint)
        settings_file.remove_library(workspace.settings, name)
    return _finished(workspace, on_step), len(only)


def finish(workspace: Workspace, on_step: OnStep = lambda step: None) -> Proof | None:
    """Carry out what was asked for, once nobody else does; None when there is nothing.

    Raises GazeError(FORGETTING_UNFINISHED | DISK_FULL).
    """
    if not workspace.catalog.forgetting.asked():
        return None
    with _forgetting(workspace):
        traces = [Traces.parse(text) for text in workspace.catalog.forgetting.asked().values()]
        return _carry_out(workspace, traces, on_step) if traces else None


def is_interrupted(workspace: Workspace) -> bool:
    """Whether something is to be forgotten and the process that was at it is gone."""
    if not workspace.catalog.forgetting.asked():
        return False
    try:
        with _forgetting(workspace, wait_s=0):
            return bool(workspace.catalog.forgetting.asked())
    except TimeoutError:
        return False


def _forgetting(workspace: Workspace, wait_s: float = -1) -> FileLock:
    """The lock of whoever is at it. Entering it raises TimeoutError after `wait_s` seconds."""
    workspace.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FileLock(workspace.paths.run / "forget.lock", timeout=wait_s)


def _carry_out(workspace: Workspace, traces: Sequence[Traces], on_step: OnStep) -> Proof:
    fingerprints = [trace.fingerprint for trace in traces if trace.fingerprint]
    naming = Needles.of(traces, _paths(workspace, traces)).naming()
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        on_step("ending what is at work on it")
        halt(workspace, fingerprints, naming)
        on_step("erasing it from every store")
        erase(workspace, fingerprints, naming)
        erase_catalog(workspace, [trace.subject for trace in traces], naming)
        on_step("searching every store for what may be left")
        proof = verify(workspace, Needles.of(traces, staying(workspace, traces)))
        if not proof.left:
            return proof
        for trace in traces:  # so that it is not forgotten that something is left
            workspace.catalog.forgetting.ask(trace.subject, str(trace), ())
    return proof


def _finished(workspace: Workspace, on_step: OnStep) -> Proof:
    proof = finish(workspace, on_step)
    return proof or verify(workspace, Needles((), (), set()))


def _ask(workspace: Workspace, fingerprint: str) -> None:
    video = workspace.catalog.videos.get(fingerprint)
    paths = [file.path for file in video.files] if video else []
    before = workspace.catalog.forgetting.asked().get(fingerprint)
    if before is None:
        traces = Traces.of_video(workspace, fingerprint, paths)
        workspace.catalog.forgetting.ask(fingerprint, str(traces), paths)


def _known(workspace: Workspace, fingerprint: str) -> bool:
    return (
        fingerprint in workspace.catalog.videos.fingerprints()
        or fingerprint in workspace.catalog.forgetting.asked()
        or Forgotten(workspace.paths).holds(fingerprint)
    )


def staying(workspace: Workspace, leaving: Sequence[Traces]) -> Iterator[str]:
    """What the rest of the library says: its paths, what is said and written, and the words of that."""
    yield from _paths(workspace, leaving)
    without = [trace.fingerprint for trace in leaving]
    for stage, table in PUBLISHED.items():
        yield from _said(workspace, without, stage, table)


def _said(workspace: Workspace, without: Sequence[str], stage: Stage, table: str) -> Iterator[str]:
    """The lines of a stage, as published and as they wait to be."""
    published: set[str] = set()
    with suppress(GazeError):
        snapshot = Snapshot.open(workspace.paths)
        found = snapshot.rows(f"SELECT DISTINCT fingerprint FROM {table}")
        published = {fingerprint for (fingerprint,) in found}
        yield from _published(snapshot, table, without)
    for fingerprint in set(workspace.artifacts.fingerprints()) - published - set(without):
        with suppress(GazeError):
            lines = workspace.artifacts.read(fingerprint, stage, ["text"])
            yield "\n".join(lines["text"].to_pylist())


def _published(snapshot: Snapshot, table: str, without: Collection[str]) -> Iterator[str]:
    query = f"""SELECT text, tokens FROM {table} WHERE fingerprint NOT IN
        (SELECT unnest($without)) AND id >= $first AND id < $first + $rows"""
    lines = snapshot.rows(f"SELECT coalesce(max(id) + 1, 0) FROM {table}")[0][0]
    for first in range(0, lines, _ROWS):
        values = {"without": list(without), "first": first, "rows": _ROWS}
        yield "\n".join(text for row in snapshot.rows(query, values) for text in row if text)


def _paths(workspace: Workspace, leaving: Sequence[Traces]) -> Iterator[str]:
    without = {path for trace in leaving for path in trace.paths}
    libraries = {str(library.path) for library in workspace.settings.libraries}
    files = {str(file.path) for file in workspace.catalog.files.all()}
    yield "\n".join((libraries | files) - without)
