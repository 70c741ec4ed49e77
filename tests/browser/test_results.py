"""Results as a list or a grid, leafed through by the mouse; recent searches; what stands where nothing is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_search import playing_past, search
from tests.support.running import until

pytestmark = pytest.mark.browser
KEPT = "localStorage.getItem('gaze.searches')"


def columns(page: Page) -> int:
    """In how many columns the moments stand."""
    lefts = page.get_by_role("row").evaluate_all("rows => rows.map(row => row.offsetLeft)")
    return len(set(lefts))


def test_a_grid_is_remembered_and_worked_by_arrows_in_both_directions(page: Page) -> None:
    search(page, "say:not")
    moments = page.get_by_role("row")
    until(lambda: columns(page) == 1, what="one column")
    page.get_by_role("button", name="Grid").click()
    expect(page.get_by_role("button", name="Grid")).to_have_attribute("aria-pressed", "true")
    until(lambda: columns(page) == 2, what="two columns")
    page.reload()
    expect(moments.nth(1)).to_be_visible()
    until(lambda: columns(page) == 2, what="two columns")
    page.locator("h2.title").click()
    page.keyboard.press("ArrowRight")
    expect(moments.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("grid")).to_have_attribute("aria-activedescendant", "moment-1")
    page.keyboard.press("ArrowDown")  # there is no further row
    expect(moments.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(moments.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press(" ")
    playing_past(page, 0.1)
    page.keyboard.press("/")
    expect(page.get_by_placeholder("What was said")).to_be_focused()
    page.get_by_role("button", name="List", exact=True).click()
    until(lambda: columns(page) == 1, what="one column")


def test_the_mouse_leafs_through_a_moment_unless_less_movement_is_asked_for(page: Page) -> None:
    still = search(page, "country").first.locator(".still")
    leaf, time = still.locator(".leaf img"), still.locator("time")
    still.hover(position={"x": 5, "y": 40})
    expect(leaf).to_have_attribute("src", re.compile(r"/thumbnails/[0-9a-f]{16}/0\.jpg"))
    still.hover(position={"x": 190, "y": 40})
    expect(leaf).to_have_attribute("src", re.compile(r"/[4-9]\.jpg"))
    expect(time).not_to_have_text("0:00")
    page.locator("h2.title").hover()
    expect(leaf).to_have_count(0)
    expect(time).to_have_text("0:00")
    page.emulate_media(reduced_motion="reduce")
    still.hover(position={"x": 100, "y": 40})
    page.wait_for_timeout(300)
    expect(leaf).to_have_count(0)


def test_searches_are_kept_in_this_browser_only_until_they_are_cleared(page: Page) -> None:
    search(page, "country")
    page.wait_for_function(f"{KEPT} !== null")
    search(page, "fellow Americans")
    page.wait_for_function(f"JSON.parse({KEPT}).length === 2")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto("/")
    recent = page.get_by_role("region", name="Recent searches")
    expect(recent.get_by_role("link")).to_have_text(["fellow Americans", "country"])
    recent.get_by_role("button", name="Forget fellow Americans").click()
    expect(recent.get_by_role("link")).to_have_text(["country"])
    assert not any("country" in content for content in sent)
    recent.get_by_role("link", name="country").click()
    expect(page.locator(".snippet mark").first).to_have_text("country")
    page.go_back()
    recent.get_by_role("button", name="Clear").click()
    expect(recent).to_be_hidden()
    assert page.evaluate(KEPT) is None


def test_a_label_narrows_the_search_and_nothing_found_offers_a_wider_one(page: Page) -> None:
    tag = search(page, "country").first.locator("a.tag").first
    name = tag.inner_text()
    tag.click()
    expect(page).to_have_url(re.compile(f"q=country&label={name}"))
    expect(page.locator(".tag.asked").first).to_have_text(name)
    page.get_by_placeholder("What was said").fill('"xylophone solo"')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="Search without the labels").click()
    expect(page).not_to_have_url(re.compile("label="))
