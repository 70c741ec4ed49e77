from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.backoff import MAX_ATTEMPTS, deaths_wait_s
from gaze_pipeline.store.catalog.rows import FileRow

VIDEO = "0123456789abcdef"
HOUR_S = 3600


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    catalog.videos.add(VIDEO, 5000)
    catalog.files.record([FileRow(Path("/films/a.mp4"), "films", 10, 20, VIDEO)])
    return catalog


def state(catalog: Catalog) -> State:
    video = catalog.videos.get(VIDEO)
    assert video is not None
    return video.state


def test_a_video_goes_through_its_states(catalog: Catalog) -> None:
    assert state(catalog) is State.QUEUED
    expected = {
        Stage.AUDIO: State.EXTRACTING_AUDIO,
        Stage.TRANSCRIPT: State.TRANSCRIBING,
        Stage.MEANINGS: State.UNDERSTANDING,
        Stage.FRAMES: State.EXTRACTING_FRAMES,
        Stage.EMBEDDINGS: State.EMBEDDING,
        Stage.DETECTIONS: State.DETECTING,
        Stage.TEXTS: State.READING_TEXT,
    }
    for stage, running in expected.items():
        catalog.stages.start(VIDEO, stage)
        catalog.stages.progress(VIDEO, stage, 0.5)
        assert state(catalog) is running
        catalog.stages.settle(VIDEO, stage, Status.DONE)
    assert state(catalog) is State.DONE
    video = catalog.videos.get(VIDEO)
    assert video is not None
    assert video.progress == 1.0


def test_errors_come_back_with_their_code(catalog: Catalog) -> None:
    catalog.stages.start(VIDEO, Stage.FRAMES)
    catalog.stages.settle(VIDEO, Stage.FRAMES, Status.FAILED, ErrorCode.DISK_FULL, "no room")
    video = catalog.videos.get(VIDEO)
    assert video is not None
    assert video.state is State.FAILED
    assert video.problem is not None
    assert (video.problem.error_code, video.problem.error_detail) == (
        ErrorCode.DISK_FULL,
        "no room",
    )


def test_a_path_that_is_not_unicode_survives(catalog: Catalog) -> None:
    path = Path(os.fsdecode(b"/films/\xff\n.mp4"))
    catalog.files.record([FileRow(path, "films", 1, 2, VIDEO)])
    assert path in [file.path for file in catalog.files.all("films")]


def test_the_revision_grows_with_what_a_snapshot_shows(catalog: Catalog) -> None:
    before = catalog.revision()
    catalog.stages.start(VIDEO, Stage.AUDIO)
    catalog.stages.progress(VIDEO, Stage.AUDIO, 0.5)
    assert catalog.revision() == before
    catalog.stages.settle(VIDEO, Stage.AUDIO, Status.DONE)
    assert catalog.revision() > before


def test_stages_of_a_killed_process_are_released(catalog: Catalog, tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from gaze_pipeline.states import Stage
from gaze_pipeline.store.catalog import Catalog
Catalog(Path({str(tmp_path / "catalog.sqlite")!r})).stages.start({VIDEO!r}, Stage.TRANSCRIPT)
print("started", flush=True)
input()
"""
    catalog.stages.start(VIDEO, Stage.AUDIO)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        assert catalog.stages.release_dead() == 0
        os.kill(worker.pid, signal.SIGKILL)
    assert catalog.stages.release_dead() == 1
    video = catalog.videos.get(VIDEO)
    assert video is not None
    assert video.stages[Stage.TRANSCRIPT].status is Status.PENDING
    assert video.stages[Stage.AUDIO].status is Status.RUNNING, "this process is alive"


def test_what_kills_its_process_again_and_again_has_failed(
    catalog: Catalog, tmp_path: Path
) -> None:
    script = f"""
from pathlib import Path
from gaze_pipeline.states import Stage
from gaze_pipeline.store.catalog import Catalog
Catalog(Path({str(tmp_path / "catalog.sqlite")!r})).stages.start({VIDEO!r}, Stage.FRAMES)
"""
    for _ in range(MAX_ATTEMPTS):
        assert state(catalog) is State.QUEUED
        subprocess.run([sys.executable, "-c", script], check=True)
        assert catalog.stages.release_dead() == 1
    video = catalog.videos.get(VIDEO)
    assert video is not None
    row = video.stages[Stage.FRAMES]
    assert (row.status, row.error_code) == (Status.FAILED, ErrorCode.PROCESS_DIED)
    assert "3 times" in row.error_detail
    for hours in (1, 2):
        video = catalog.videos.get(VIDEO)
        assert video is not None
        row = video.stages[Stage.FRAMES]
        assert row.retry_at is not None
        assert row.retry_at - row.updated_at == pytest.approx(hours * HOUR_S, abs=5)
        subprocess.run([sys.executable, "-c", script], check=True)
        assert catalog.stages.release_dead() == 1
    waits = [deaths_wait_s(attempts) / HOUR_S for attempts in range(MAX_ATTEMPTS, 2000)]
    assert waits[:6] == [1, 2, 4, 8, 16, 24]
    assert set(waits[5:]) == {24}


def test_what_does_not_apply_is_not_written(catalog: Catalog) -> None:
    stages = catalog.stages
    catalog.requests.cancel({VIDEO: [Stage.AUDIO]})
    assert not stages.settle(VIDEO, Stage.AUDIO, Status.FAILED, ErrorCode.INTERNAL)
    assert state(catalog) is State.CANCELLED
    assert not stages.settle("f" * 16, Stage.AUDIO, Status.DONE), "of a video that was forgotten"
    with pytest.raises(ValueError, match="pending"):
        stages.settle(VIDEO, Stage.AUDIO, Status.PENDING)


def test_the_wait_doubles_up_to_an_hour(catalog: Catalog) -> None:
    waits = []
    for _ in range(12):
        catalog.stages.start(VIDEO, Stage.AUDIO)
        catalog.stages.settle(VIDEO, Stage.AUDIO, Status.FAILED, ErrorCode.FILE_UNREADABLE)
        video = catalog.videos.get(VIDEO)
        assert video is not None
        row = video.stages[Stage.AUDIO]
        assert row.retry_at is not None
        waits.append(round(row.retry_at - row.updated_at))
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    catalog.requests.retry({VIDEO: [Stage.AUDIO]})
    assert state(catalog) is State.QUEUED


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite")

    def write(worker: int) -> None:
        for number in range(20):
            key = f"{worker:08x}{number:08x}"
            catalog.videos.add(key, 1)
            catalog.files.record([FileRow(Path(f"/{key}"), "films", 1, 1, key)])

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalog.videos.all()) == 160
