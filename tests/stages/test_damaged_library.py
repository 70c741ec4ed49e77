"""A library full of damaged files: each ends in a state with a code, the good ones between them are done."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.media.images import decode_jpeg
from gaze_pipeline.media.track import RATE, read_audio
from gaze_pipeline.settings import DecodingSettings, FrameSettings
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.workspace import Workspace
from tests.support.clips import number_of
from tests.support.damage import KINDS, RARE_KINDS, damaged, whole_clips

Open = Callable[..., Workspace]

SECONDS = 2
MEMORY_MB = 1000
STAGES = (Stage.AUDIO, Stage.FRAMES)
KINDS_ALL = {**KINDS, **RARE_KINDS}
CODES = {
    ErrorCode.FILE_EMPTY,
    ErrorCode.NOT_A_VIDEO,
    ErrorCode.FILE_DAMAGED,
    ErrorCode.CODEC_UNSUPPORTED,
    ErrorCode.DECODER_CRASHED,
    ErrorCode.DECODER_STALLED,
    ErrorCode.DECODER_MEMORY,
}
"""What may be said of a damaged file: never that the machine or Gaze is at fault."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return whole_clips(tmp_path_factory.mktemp("whole"), KINDS_ALL, SECONDS)


@pytest.mark.parametrize(
    ("count", "seed"), [(60, 1), pytest.param(1200, 2026, marks=pytest.mark.slow)]
)
def test_every_file_ends_in_a_state_with_a_code(
    clips: dict[str, Path],
    tmp_path: Path,
    open_workspace: Open,
    capfd: pytest.CaptureFixture[str],
    count: int,
    seed: int,
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    bad = [file.name for file in damaged(clips, count, seed)]
    for file in damaged(clips, count, seed):
        (folder / file.name).write_bytes(file.content)
    good = {
        f"{index * count // len(clips):05d} good.{kind}": kind for index, kind in enumerate(clips)
    }
    for name, kind in good.items():
        shutil.copy(clips[kind], folder / name)
    workspace = limited(open_workspace(folder))
    with peak_memory() as peak_mb:
        scan_libraries(workspace)
        keys = [video.fingerprint for video in workspace.catalog.videos.all()]
        for stage in STAGES:
            assert len(list(run_stage(stage, keys, workspace))) == len(keys)
    ends = ends_by_name(workspace)
    assert set(ends) == {*bad, *good}
    assert {code for name in bad for _, code in ends[name]} <= {None, *CODES}
    for name, kind in good.items():
        assert ends[name] == {(Status.DONE, None)}, name
        assert_right(workspace, folder / name, sound=KINDS_ALL[kind].sound is not None)
    assert max(peak_mb) < 1.5 * MEMORY_MB
    assert [path for path in workspace.paths.root.rglob("*") if path.name.endswith(".tmp")] == []
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    tally = Counter(
        " ".join(filter(None, (status.value, code and code.name)))
        for name in bad
        for status, code in ends[name]
    )
    with capfd.disabled():
        print(f"\n{len(bad)} damaged files, decoder up to {max(peak_mb)} MB: {dict(tally)}")


def limited(workspace: Workspace) -> Workspace:
    """The same with a denser sampling and a tighter limit."""
    changes = {
        "frames": FrameSettings(every_ms=500),
        "decoding": DecodingSettings(memory_mb=MEMORY_MB, stall_s=10),
    }
    return Workspace.open(workspace.settings.model_copy(update=changes))


def ends_by_name(workspace: Workspace) -> dict[str, set[tuple[Status, ErrorCode | None]]]:
    """How each file ended: refused with a code, or the status and code of each of its stages."""
    ends = {}
    for file in workspace.catalog.files.all():
        video = workspace.catalog.videos.get(file.fingerprint) if file.fingerprint else None
        if video is None:
            assert file.error_code is not None, file
            ends[file.path.name] = {(Status.FAILED, file.error_code)}
            continue
        rows = [video.stages[stage] for stage in STAGES]
        assert all((row.error_code is None) is (row.status is Status.DONE) for row in rows), video
        assert {row.status for row in rows} <= {Status.DONE, Status.PARTIAL, Status.FAILED}, video
        ends[file.path.name] = {(row.status, row.error_code) for row in rows}
    return ends


def assert_right(workspace: Workspace, path: Path, sound: bool) -> None:
    """The frames show the numbers of their times, and the sound is as long as the clip."""
    key = fingerprint(path)
    frames = workspace.artifacts.read(key, Stage.FRAMES).to_pylist()
    assert len(frames) in (SECONDS * 2, SECONDS * 2 + 1), path
    for index, frame in enumerate(frames):
        number = number_of(decode_jpeg(workspace.paths.thumbnail(key, index)))
        assert abs(number * 40 - frame["timestamp_ms"]) < 130, path  # sound may start the clock
    samples = read_audio(workspace.paths.audio(key))
    assert abs(len(samples) / RATE - SECONDS * sound) < 0.2, path


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """The resident MB of the worker processes below this one, looked at all the time."""
    seen, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for child in psutil.Process().children():
                with suppress(psutil.Error):
                    seen.append(child.memory_info().rss >> 20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
