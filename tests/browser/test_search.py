"""The main job, as a person does it: type words, click a moment, watch it play."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def search(page: Page, words: str) -> Locator:
    """Type words into the box, press enter, and give the moments in which they are said."""
    page.get_by_placeholder("What was said").fill(words)
    page.keyboard.press("Enter")
    moments = page.get_by_role("row").filter(has=page.locator("mark"))
    expect(moments.first).to_be_visible()
    return moments


def playing_past(page: Page, seconds: float) -> None:
    """Wait until the video element plays beyond a place, or has done so to its end."""
    video = page.locator("video").element_handle()
    page.wait_for_function(
        "([video, start]) => (!video.paused || video.ended) && !video.error"
        " && video.videoWidth > 0 && video.currentTime > start",
        arg=[video, seconds],
    )


def seconds(clock: str) -> int:
    minutes, rest = clock.split(":")
    return 60 * int(minutes) + int(rest)


@pytest.mark.parametrize(
    "film", ["dog_with_jfk_speech.mp4", "dog_hevc_hvc1.mp4", "dog_h264_mp3.mkv"]
)
def test_a_found_moment_plays_past_its_start(page: Page, film: str) -> None:
    moment = search(page, "what your country can do for you").first
    expect(moment.locator("mark").first).to_have_text(re.compile("country|what|your|do|can", re.I))
    start = seconds(moment.locator("time").inner_text())
    copy = moment.get_by_role("link", name=film)
    if copy.count():  # it holds the same as another film, whose moment names it
        copy.click()
        page.get_by_role("list", name="Frames").get_by_role("button").first.click()
    else:
        moment.click()
    playing_past(page, start + 1)


def test_the_spoken_line_is_lit_and_a_line_seeks(page: Page) -> None:
    search(page, "country").filter(has_text="dog_with_jfk_speech.mp4").first.click()
    playing_past(page, 1)
    lines = page.get_by_role("list", name="Transcript").get_by_role("button")
    expect(page.locator(".transcript [aria-current=true]")).to_have_count(1)
    lines.first.click()
    expect(lines.first.locator("xpath=..")).to_have_attribute("aria-current", "true")


def test_keys_search_choose_and_play(page: Page) -> None:
    moments = search(page, "say:not")
    page.locator("h2.title").click()  # leaves the box
    page.keyboard.press("ArrowDown")
    expect(moments.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(moments.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press(" ")
    playing_past(page, 0.1)
    page.keyboard.press("/")
    expect(page.get_by_placeholder("What was said")).to_be_focused()


def test_the_back_button_returns_to_the_search_before(page: Page) -> None:
    search(page, "country")
    expect(page).to_have_url(re.compile("q=country"))
    search(page, "fellow Americans")
    expect(page).to_have_url(re.compile("q=fellow"))
    page.go_back()
    expect(page.get_by_placeholder("What was said")).to_have_value("country")
    expect(page.locator(".snippet mark").first).to_have_text("country")


def test_weak_matches_wait_behind_a_fold(page: Page) -> None:
    page.goto("/?q=country+zebra+giraffe+crocodile&mode=transcript")
    expect(page.get_by_text("Nothing convincing")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Show .* weak match")).click()
    expect(page.get_by_role("row").first).to_contain_text("weak")
    expect(page).to_have_url(re.compile("weak=1"))
    page.get_by_role("button", name=re.compile("Hide")).click()
    expect(page.get_by_role("row")).to_have_count(0)
    search(page, "your country")
    expect(page.get_by_role("row").first).to_contain_text("strong")


def test_captions_are_downloaded_under_the_name_of_the_video(page: Page) -> None:
    search(page, "country").filter(has_text="dog_with_jfk_speech.mp4").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="SRT").click()
    assert download.value.suggested_filename == "dog_with_jfk_speech.srt"
    assert "-->" in download.value.path().read_text(encoding="utf-8")


def test_the_library_shows_every_video_and_opens_one(page: Page) -> None:
    page.get_by_test_id("stTopNav").get_by_role("link", name="Library").click()
    expect(page.get_by_text("NOT_A_VIDEO")).to_be_visible()
    page.get_by_role("link", name="dog_with_jfk_speech.mp4").click()
    page.wait_for_url("**/video?**")
    expect(page.get_by_role("list", name="Transcript")).to_contain_text("country")
    page.get_by_role("list", name="Frames").get_by_role("button").nth(2).click()
    playing_past(page, 3.9)


def test_nothing_is_loaded_from_another_host(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    search(page, "country").first.click()
    playing_past(page, 0.1)
    for name in ("Library", "Health", "Settings"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    hosts = {urlsplit(url).hostname for url in asked if url.startswith("http")}
    assert hosts == {"127.0.0.1"}


def test_a_phone_shows_the_same_without_sideways_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, "country").first.click()
    playing_past(page, 0.1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
