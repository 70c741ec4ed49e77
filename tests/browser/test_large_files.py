"""Files of 20 GB: any place of them is there at once, and nobody reads them whole."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import numpy as np
import psutil
import pytest
from playwright.sync_api import Browser

from gaze_pipeline.settings import Library, ScanSettings, Settings
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace
from tests.support.clips import Sound, number_of, render, tone
from tests.support.large import push_back
from tests.support.serving import Served, served
from tests.support.watching import Screen, original

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZE = 20_000_000_000
SECONDS = 60
STEPS_MS = list(range(0, SECONDS * 1000, 200))
AT_MS = 40_300
CLIENTS, EACH = 8, 32 << 20
MEGABYTE = 1 << 20
GROWTH_MB = 64


@dataclass(frozen=True)
class Large:
    """An app over three large files, by name."""

    app: Served
    videos: dict[str, VideoRow]

    @property
    def process(self) -> psutil.Process:
        """The server."""
        return psutil.Process(self.app.pid)

    def read(self) -> int:
        """How many bytes the server and its decoders have read so far."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(one.io_counters().read_chars for one in family)

    def part(self, name: str, start: int, length: int) -> httpx.Response:
        """A range of a file."""
        headers = {
            "authorization": f"Bearer {self.app.token}",
            "range": f"bytes={start}-{start + length - 1}",
        }
        address = self.app.url(f"/files/{self.videos[name].fingerprint}")
        return httpx.get(address, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    """One file that browsers play, one with sound that they do not, and one to be encoded anew."""
    folder = tmp_path_factory.mktemp("large")
    films = folder / "films"
    films.mkdir()
    for name, codec, sound in (
        ("plays.mp4", "libx264", "aac"),
        ("sound.mov", "libx264", "pcm_s16le"),
        ("picture.mp4", "mpeg4", "aac"),
    ):
        heard = Sound(np.stack([tone(SECONDS)] * 2), codec=sound)
        small = render(folder / name, STEPS_MS, [heard], codec=codec)
        push_back(small, films / name, SIZE)
    if sum(film.stat().st_blocks * 512 for film in films.iterdir()) > SIZE:
        pytest.skip("this file system knows no holes")
    settings = Settings(
        root=folder / "data",
        libraries=[Library(name="films", path=films)],
        scan=ScanSettings(settle_s=0),
    )
    workspace = Workspace.open(settings)
    scan_libraries(workspace)
    videos = {video.path.name: video for video in workspace.catalog.videos.all()}
    with served(settings.root, folder / "search.log") as app:
        yield Large(app, videos)


def test_the_far_end_is_sent_as_it_is(large: Large) -> None:
    path = large.videos["plays.mp4"].path
    with path.open("rb") as file:
        file.seek(SIZE + 1000)
        wanted = file.read(1000)
    answer = large.part("plays.mp4", SIZE + 1000, 1000)
    assert (answer.status_code, answer.content) == (206, wanted)
    assert answer.headers["content-range"].endswith(f"/{path.stat().st_size}")


def test_memory_stays_flat_while_many_read(large: Large) -> None:
    large.part("plays.mp4", SIZE, EACH)
    before = large.process.memory_info().rss
    with ThreadPoolExecutor(CLIENTS) as clients:
        starts = [SIZE * number // CLIENTS for number in range(CLIENTS)]
        parts = clients.map(lambda start: len(large.part("plays.mp4", start, EACH).content), starts)
        assert list(parts) == [EACH] * CLIENTS
    grown = (large.process.memory_info().rss - before) / MEGABYTE
    print(f"{CLIENTS} x {EACH / MEGABYTE:.0f} MB sent, the server grew by {grown:.0f} MB")
    assert grown < GROWTH_MB


@pytest.mark.parametrize("name", ["plays.mp4", "sound.mov", "picture.mp4"])
def test_a_moment_beyond_4_gib_plays_without_reading_the_file(
    large: Large, browser: Browser, name: str
) -> None:
    video = large.videos[name]
    assert video.duration_ms == pytest.approx(SECONDS * 1000, abs=200)
    before = large.read()
    context = browser.new_context(base_url=large.app.url("").rstrip("/"))
    page = context.new_page()
    page.goto(f"/healthz?token={large.app.token}")
    (seen,) = Screen(page, 1).watch([(video.fingerprint, AT_MS)])
    context.close()
    read = (large.read() - before) / MEGABYTE
    print(
        f"{name}: plays after {seen.began_ms:.0f} ms, {read:.0f} MB of {SIZE / MEGABYTE:.0f} read"
    )
    assert seen.problem == ""
    assert seen.converted is (name != "plays.mp4")
    assert seen.at_ms is not None
    assert seen.image is not None
    assert seen.heard
    near = original(video.path, seen.at_ms).images
    assert number_of(seen.image) in {number_of(image) for image in near}
    assert read < 100
