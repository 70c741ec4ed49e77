"""Operators on the page: how a query was read, the list of operators, reached by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS

pytestmark = pytest.mark.browser


def ask(page: Page, query: str) -> None:
    page.get_by_placeholder("What was said").fill(query)
    page.keyboard.press("Enter")


def test_the_list_of_operators_is_reached_by_keyboard_and_its_examples_search(page: Page) -> None:
    box = page.get_by_placeholder("What was said")
    expect(box).to_be_visible()
    help_ = page.get_by_role("button", name="How to search")
    box.focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if help_.evaluate("button => button === document.activeElement"):
            break
    expect(help_).to_be_focused()
    page.keyboard.press("Enter")
    example = page.get_by_role("link", name=re.compile("^say:.*with see:"))
    expect(example).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "how_to_search.png")
    page.get_by_role("link", name=re.compile("lang:en$")).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=.*lang%3Aen"))
    expect(page.get_by_role("row").first).to_be_visible()


def test_a_phrase_is_marked_as_one_and_a_broken_query_is_explained(page: Page) -> None:
    ask(page, 'say:"what your country can do"')
    expect(page.locator(".snippet mark").first).to_have_text("what your country can do")
    ask(page, '"fellow Americans lable:x')
    reading = page.get_by_role("status").filter(has_text="Read as")
    expect(reading).to_contain_text("fellow Americans lable:x")
    expect(reading).to_contain_text("did you mean label:")
    page.screenshot(path=SCREENSHOTS / "read_as.png")


def test_a_chain_shows_each_part_at_its_time(page: Page) -> None:
    ask(page, "say:americans with say:country")
    parts = page.get_by_role("row").first.locator(".parts code")
    expect(parts).to_have_text(["say:americans", "say:country"])
    page.screenshot(path=SCREENSHOTS / "chain.png")
