"""Text on screen, as a person finds it: the words marked, and a box around them in the picture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, SCREENSHOTS
from tests.support.gaze import Gaze
from tests.support.serving import Served, served
from tests.support.slides import slide, talk

pytestmark = pytest.mark.browser

ALONE = {
    f"GAZE_CHANNELS__{name}": str(name == "TEXT")
    for name in ("SPEECH", "PICTURES", "LABELS", "TEXT", "MEANING")
}


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The search app over one talk, where nothing is used but its text."""
    folder = tmp_path_factory.mktemp("talks")
    talk(folder / "talk.mp4", [(slide("latin-1"), 4), (slide("cyrillic-1"), 4)])
    gaze = Gaze(tmp_path_factory.mktemp("text") / "data", variables=ALONE)
    gaze.run("library", "add", str(folder), "--name", "talks")
    gaze.run("index")
    with served(gaze.root, folder / "search.log", gaze.environment()) as running:
        yield running


@pytest.fixture(params=[(1440, "light"), (1440, "dark"), (390, "light")], ids=str)
def screen(browser: Browser, slides: Served, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a width in px, in a colour scheme."""
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        base_url=slides.url("").rstrip("/"),
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"/?token={slides.token}")
    yield page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"text_on_screen_{width}_{scheme}.png")
    context.close()


def test_a_box_is_drawn_around_the_text_that_matched(screen: Page) -> None:
    for query, line, top in (
        ("text:revenue", "Revenue grew by 12.4 percent", 136),
        ("москва", "в Москву", 44),
    ):
        find(screen, query, line, top)


def find(screen: Page, query: str, line: str, top: int) -> None:
    """Search, and look at the box around a line whose upper edge is so many px down the slide."""
    screen.get_by_placeholder("What was said").fill(query)
    screen.keyboard.press("Enter")
    moment = screen.get_by_role("row").filter(has_text=line).first
    expect(moment).to_contain_text("On screen")
    expect(moment.locator(".written mark")).to_have_count(1)
    image, box = moment.locator(".still img"), moment.locator(".boxes i")
    screen.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=image.element_handle()
    )
    expect(box).to_be_visible()
    picture, place = image.bounding_box(), box.bounding_box()
    assert picture is not None
    assert place is not None
    assert picture["x"] <= place["x"] + 4
    assert place["x"] + place["width"] <= picture["x"] + picture["width"] + 4
    middle = (place["y"] + place["height"] / 2 - picture["y"]) / picture["height"]
    assert middle == pytest.approx((top + 22) / 540, abs=0.05)
