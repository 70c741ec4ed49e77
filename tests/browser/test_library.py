"""The Library page, as a person uses it: stop work, and take it up again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage, State
from gaze_pipeline.workspace import Workspace
from tests.browser.conftest import PATIENCE_MS
from tests.support.gaze import Gaze
from tests.support.roots import tiny_library
from tests.support.serving import served

pytestmark = pytest.mark.browser


@pytest.fixture
def gaze(tmp_path: Path) -> Gaze:
    """Two videos, found and not yet worked on."""
    gaze = Gaze(tmp_path / "data")
    gaze.run("library", "add", str(tiny_library(tmp_path / "films", 2)))
    return gaze


@pytest.fixture
def library(gaze: Gaze, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The page, let in."""
    with served(gaze.root, tmp_path / "search.log", gaze.environment()) as app:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.goto(app.url(f"/library?token={app.token}"))
        yield page
        context.close()


def standing(rows: Locator, word: str) -> Locator:
    """Where rows say that they stand so; their folders may hold the word too."""
    return rows.get_by_text(word, exact=True)


def states(gaze: Gaze) -> set[str]:
    return {video["state"] for video in gaze.json("status")["videos"]}


def test_work_is_cancelled_and_taken_up_again_by_button(library: Page, gaze: Gaze) -> None:
    rows = library.locator(".gz-video")
    expect(rows).to_have_count(2)
    first = rows.filter(has_text="0.mp4")
    first.get_by_role("button", name="Cancel 0.mp4").click()
    expect(standing(first, "Cancelled")).to_be_visible()
    expect(standing(rows.filter(has_text="1.mp4"), "Queued")).to_be_visible()
    assert states(gaze) == {State.CANCELLED, State.QUEUED}
    first.get_by_role("button", name="Retry 0.mp4").click()
    expect(standing(first, "Queued")).to_be_visible()
    library.get_by_role("button", name="Cancel all").click()
    expect(standing(rows, "Cancelled")).to_have_count(2)
    library.get_by_role("button", name="Retry all").click()
    expect(standing(rows, "Queued")).to_have_count(2)
    assert states(gaze) == {State.QUEUED}


def test_a_running_stage_moves_without_a_reload(library: Page, gaze: Gaze) -> None:
    catalog = Workspace.open(Settings(root=gaze.root)).catalog
    key = catalog.videos.all()[0].fingerprint
    catalog.stages.start(key, Stage.FRAMES)
    expect(library.get_by_text("Extracting frames")).to_be_visible()
    for fraction in (0.25, 0.75):
        catalog.stages.progress(key, Stage.FRAMES, fraction)
        expect(library.get_by_title(f"frames: running {fraction:.0%}")).to_be_visible()
