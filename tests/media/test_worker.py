"""Whatever a decoder does, only its own process is lost, and the next file is decoded."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.media.worker import Limits
from tests.support.hostile_worker import HOSTILE
from tests.support.roots import tiny_video
from tests.support.running import until

SOUND = "gaze_pipeline.media.worker_main"
LIMITS = Limits(memory_mb=500, stall_s=60.0)


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    """A decoder whose workers misbehave when a file's name says so."""
    made = Decoder(LIMITS, HOSTILE)
    yield made
    made.close()
    assert not workers()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small whole video."""
    return tiny_video(tmp_path_factory.mktemp("film") / "film.mp4")


def named(film: Path, folder: Path, name: str) -> Path:
    """A copy of the film whose name tells the worker what to do."""
    return Path(shutil.copy(film, folder / name))


def workers(of: psutil.Process | None = None, module: str = HOSTILE) -> list[psutil.Process]:
    """The living workers below a process, this one by default; other tests' own are not counted."""
    found = []
    for child in (of or psutil.Process()).children(recursive=True):
        try:
            if module in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize(
    ("deed", "code", "detail"),
    [
        ("crash", ErrorCode.DECODER_CRASHED, "SIGSEGV"),
        ("assert", ErrorCode.DECODER_CRASHED, "SIGABRT: Assertion depth > 0 failed"),
        ("eat", ErrorCode.DECODER_MEMORY, "of 500 MB"),
        ("gulp", ErrorCode.DECODER_MEMORY, ""),
        ("leave", ErrorCode.DECODER_CRASHED, "exit code 0"),
        ("lie", ErrorCode.DECODER_CRASHED, "nonsense"),
        ("killed", ErrorCode.OUT_OF_MEMORY, "SIGKILL"),
    ],
)
def test_a_bad_end_has_a_code_and_the_next_file_is_decoded(
    decoder: Decoder, film: Path, tmp_path: Path, deed: str, code: ErrorCode, detail: str
) -> None:
    with pytest.raises(GazeError) as raised:
        decoder.probe(named(film, tmp_path, f"probe {deed} .mp4"))
    assert raised.value.code is code
    assert detail in raised.value.detail
    assert raised.value.subject.endswith(f"probe {deed} .mp4")
    assert decoder.probe(film).duration_ms == pytest.approx(2000, abs=100)
    assert len(workers()) == 1


@pytest.mark.parametrize("deed", ["hang", "grip", "spin"])
def test_a_decoder_that_gets_nowhere_is_stopped(film: Path, tmp_path: Path, deed: str) -> None:
    decoder = Decoder(Limits(stall_s=1.0), HOSTILE)
    with pytest.raises(GazeError) as raised:
        decoder.probe(named(film, tmp_path, f"probe {deed} .mp4"))
    assert raised.value.code is ErrorCode.DECODER_STALLED
    assert not workers()


def test_what_libraries_print_is_not_taken_for_an_answer(
    decoder: Decoder, film: Path, tmp_path: Path
) -> None:
    assert decoder.probe(named(film, tmp_path, "probe babble .mp4")) == decoder.probe(film)


def test_one_process_serves_many_files(decoder: Decoder, film: Path, tmp_path: Path) -> None:
    decoder.probe(film)
    before = workers()
    decoder.extract_audio(film, tmp_path / "a.flac")
    with pytest.raises(GazeError):  # a file that is refused is no reason to go
        decoder.probe(tmp_path / "missing.mp4")
    decoder.write_frames(film, tmp_path)
    assert workers() == before
    assert len(before) == 1


def test_a_worker_keeps_nothing_of_what_it_decoded(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    write_video(film, (np.full((1080, 1920, 3), shade, np.uint8) for shade in range(60)), fps=30)
    kept = []
    with closing(Decoder()) as decoder:
        for _ in range(5):
            decoder.write_frames_at(film, tmp_path, range(0, 2000, 100), 96)
            decoder.probe(film)  # is begun when all else is done
            (worker,) = workers(module=SOUND)
            kept.append(worker.memory_info().rss >> 20)
    assert max(kept) < kept[0] + 10 * 3  # MB, ten pictures


def test_threads_share_a_few_processes(decoder: Decoder, film: Path) -> None:
    with ThreadPoolExecutor(12) as pool:
        facts = list(pool.map(decoder.probe, [film] * 24))
    assert len(set(facts)) == 1
    assert len(workers()) <= 3


class StopError(Exception):
    """What a caller raises to cancel."""


@pytest.mark.parametrize("deed", ["hang", "grip"])
def test_cancelling_ends_the_process_at_once(
    decoder: Decoder, film: Path, tmp_path: Path, deed: str
) -> None:
    told: list[float] = []

    def cancel(fraction: float) -> None:
        told.append(fraction)
        if len(told) > 1:  # the second time, nothing has moved
            raise StopError

    with pytest.raises(StopError):
        decoder.extract_audio(
            named(film, tmp_path, f"extract_audio {deed} .mp4"), tmp_path / "a.flac", cancel
        )
    assert not workers()


def test_the_memory_of_a_worker_stays_near_its_limit(
    decoder: Decoder, film: Path, tmp_path: Path
) -> None:
    peak = 0

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            for worker in workers():
                try:
                    peak = max(peak, worker.memory_info().rss >> 20)
                except psutil.Error:
                    continue

    done = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(GazeError):
        decoder.probe(named(film, tmp_path, "probe eat .mp4"))
    done.set()
    watcher.join()
    assert 400 < peak < LIMITS.memory_mb + 1000


def test_a_real_picture_may_need_more_than_allowed(tmp_path: Path) -> None:
    picture = Image.new("P", (12_000, 12_000))
    picture.save(tmp_path / "vast.gif", save_all=True, append_images=[Image.new("P", (8, 8), 1)])
    with pytest.raises(GazeError) as raised:
        Decoder(Limits(memory_mb=300)).write_frames(tmp_path / "vast.gif", tmp_path)
    assert raised.value.code is ErrorCode.DECODER_MEMORY


def test_a_worker_that_cannot_start_blames_no_file(film: Path) -> None:
    with pytest.raises(GazeError) as raised:
        Decoder(LIMITS, "tests.support.no_such_worker").probe(film)
    assert raised.value.code is ErrorCode.SERVICE_FAILED
    assert "no_such_worker" in raised.value.detail


ORPHAN = """
import signal, sys
from pathlib import Path
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.media.worker import Limits
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
Decoder(Limits(500, 600), sys.argv[2]).extract_audio(Path(sys.argv[1]), Path(sys.argv[1] + ".flac"))
"""


@pytest.mark.parametrize("deed", ["hang", "grip", "spin"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_a_worker_ends_with_its_parent(
    film: Path, tmp_path: Path, deed: str, number: signal.Signals
) -> None:
    path = named(film, tmp_path, f"extract_audio {deed} .mp4")
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(path), HOSTILE],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    process = psutil.Process(parent.pid)
    until(Path(f"{path}.reached").exists, 60, "the work")
    (worker,) = workers(process)
    os.killpg(parent.pid, number) if number is signal.SIGINT else process.kill()
    _, complaint = parent.communicate(timeout=30)
    psutil.wait_procs([worker], timeout=10)
    assert not worker.is_running()
    assert "worker_main" not in complaint
    within = complaint.count("During handling of the above exception")  # psutil was interrupted
    assert complaint.count("Traceback") - within == (number is signal.SIGINT)
    assert complaint.count("\nKeyboardInterrupt\n") == (number is signal.SIGINT)
