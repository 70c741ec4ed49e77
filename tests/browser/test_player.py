"""The player beside the results and on the Video page: the whole video at a glance, and its transcript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_search import playing_past, search
from tests.support.serving import Served

pytestmark = pytest.mark.browser


def slider(page: Page) -> Locator:
    """The timeline."""
    return page.get_by_role("slider", name="Place in the video")


def test_the_timeline_shows_what_there_is_and_goes_there(page: Page) -> None:
    search(page, "country").first.click()
    playing_past(page, 0.1)
    page.keyboard.press(" ")
    lanes = page.get_by_role("list", name="What there is in this video")
    expect(lanes.get_by_role("button", name="Speech")).to_have_attribute(
        "title", re.compile(r"0:1\d in \d+ place")
    )
    expect(lanes.get_by_role("listitem").first).to_have_text("Found")
    expect(page.locator(".track.found b.chosen")).to_have_count(1)
    expect(page.locator(".track.seen b").first).to_be_visible()

    box = slider(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 5)
    expect(page.locator(".glance")).to_contain_text("0:08")
    expect(page.locator(".glance img")).to_have_attribute("src", re.compile(r"/4\.jpg"))
    page.mouse.down()
    page.mouse.up()
    playing_past(page, 8)
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(r"0:(08|09|1\d) of 0:1\d"))
    page.keyboard.press(" ")
    slider(page).focus()
    page.keyboard.press("Home")
    expect(slider(page)).to_have_attribute("aria-valuenow", re.compile("^[01]$"))
    lanes.get_by_role("button", name="Found").click()
    playing_past(page, 0)


def test_the_transcript_is_searched_by_keyboard_and_follows_again_when_told(page: Page) -> None:
    page.goto("/?q=sorrow&mode=transcript")
    field = page.get_by_role("searchbox", name="Find in the transcript")
    marks, tally = page.locator(".transcript mark"), page.locator(".tally")
    expect(page.locator(".transcript")).to_contain_text("dreams")
    expect(marks).to_have_count(0)
    field.fill("WÁS")
    expect(marks).to_have_text(["was", "was"])
    expect(tally).to_have_text("1 of 2")
    field.press("Enter")
    expect(tally).to_have_text("2 of 2")
    expect(marks.nth(1)).to_have_class("current")
    field.press("Shift+Enter")
    expect(tally).to_have_text("1 of 2")
    page.get_by_role("button", name="Next match").click()
    expect(tally).to_have_text("2 of 2")
    field.fill("xylophone")
    expect(tally).to_have_text("Not said")
    field.press("Escape")
    expect(field).to_have_value("")
    expect(marks).to_have_count(0)
    follow = page.get_by_role("button", name="Follow the video")
    follow.click()
    expect(follow).to_be_hidden()


def test_a_whole_video_keeps_what_the_search_found_and_leads_back(page: Page) -> None:
    search(page, "country")
    page.get_by_role("link", name="Open", exact=True).click()
    page.wait_for_url(re.compile(r"/video\?v=.*&q=country"))
    expect(page.locator(".track.found b").first).to_be_visible()
    page.get_by_role("link", name="Back to the results").click()
    expect(page.get_by_placeholder("What was said")).to_have_value("country")


def test_a_phone_shows_the_player_above_and_every_page_within_its_width(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, "country")
    expect(page.locator(".transcript")).to_be_hidden()
    page.get_by_text("Transcript", exact=True).click()
    expect(page.locator(".transcript")).to_contain_text("country")
    page.get_by_role("button", name="Grid").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.mouse.move(200, 400)
    page.mouse.wheel(0, 600)
    page.wait_for_function(
        "video => video.getBoundingClientRect().top < 100",
        arg=page.locator("video").element_handle(),
    )
    expect(page.locator("video")).to_be_in_viewport(ratio=0.9)
    for name in ("Library", "Health", "Settings"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_what_nobody_waits_for_any_more_is_not_asked_any_longer(page: Page) -> None:
    moments = search(page, "say:not")
    network = page.context.new_cdp_session(page)
    usual = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {**usual, "latency": 30_000})
    with page.expect_request("**/playback/**"):
        moments.nth(1).click()
    with page.expect_event("requestfailed", lambda request: "/playback/" in request.url):
        moments.nth(0).click()
    network.send("Network.emulateNetworkConditions", usual)
    expect(page.get_by_text("Getting this moment ready")).to_be_hidden()


def test_a_file_that_is_gone_is_told_with_what_to_do(page: Page, app: Served) -> None:
    film = next(app.log.parent.glob("football*"))  # it is written beside the films
    away = film.rename(film.with_suffix(".away"))
    try:
        page.goto("/?q=sorrow&mode=transcript")
        notice = page.get_by_role("status").filter(has_text="FILE_NOT_FOUND")
        expect(notice).to_contain_text("Reconnect the disk or run gaze scan")
    finally:
        away.rename(film)
