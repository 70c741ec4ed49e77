"""A real browser in front of a real index of real footage."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gaze_pipeline.settings import ModelSettings
from tests.conftest import CHECKOUT
from tests.support.gaze import Gaze
from tests.support.serving import Served, served

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FILMS = (
    *("video/dog_with_jfk_speech.mp4", "odd/dog_hevc_hvc1.mp4", "odd/dog_h264_mp3.mkv"),
    "video/football_with_librispeech.mp4",
)
PATIENCE_MS = 60_000  # the first search loads a model
SCREENSHOTS = CHECKOUT / ".artifacts" / "screenshots"


@pytest.fixture(scope="session")
def app(
    media: Path, real_whisper: ModelSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The search app over four films: two that a browser plays, of one a copy to convert and one to remux."""
    folder = tmp_path_factory.mktemp("films")
    for film in FILMS:
        shutil.copy(media / film, folder)
    (folder / "notes.mp4").write_text("not a video", encoding="utf-8")
    gaze = Gaze(tmp_path_factory.mktemp("browser") / "data", real_whisper)
    gaze.run("library", "add", str(folder), "--name", "films")
    gaze.run("index", check=False)  # ends with 1: notes.mp4 is refused
    with served(gaze.root, folder / "search.log", gaze.environment()) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, app: Served, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that was let in; what it showed is kept when the test fails."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=app.url("").rstrip("/")
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"/?token={app.token}")
    yield page
    if getattr(request.node, "failed", True):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "_", request.node.name)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Tell the fixtures of a test how it went."""
    report = yield
    if report.when == "call":
        item.failed = report.failed  # type: ignore[attr-defined]
    return report
