"""The pages can be read and worked by everybody: axe finds nothing serious in them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PAGES = {
    "search": "/",
    "found": "/?q=country",
    "library": "/library",
    "health": "/health",
    "settings": "/settings",
}
SERIOUS = ("serious", "critical")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_finding(page: Page, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(PAGES[name])
    shown = page.get_by_role("row") if name == "found" else page.get_by_role("heading", level=1)
    expect(shown.first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)

    found = Axe().run(page).response["violations"]

    told = [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for one in found
        for node in one["nodes"]
        if one["impact"] in SERIOUS
    ]
    assert not told, "\n".join(told)
