"""The pages can be read and worked by everybody: axe finds nothing serious in them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PAGES = {
    "search": "/",
    "found": "/?q=country",
    "nothing": "/?q=xylophone&label=dog",
    "video": "",
    "library": "/library",
    "health": "/health",
    "settings": "/settings",
}
SERIOUS = ("serious", "critical")


def a_film(page: Page) -> str:
    """The fingerprint of the film with the speech."""
    found = page.request.get("/api/videos?title=jfk").json()
    return str(found["videos"][0]["fingerprint"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_finding(page: Page, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(PAGES[name] or f"/video?v={a_film(page)}&q=country")
    waited = {"found": page.get_by_role("row"), "video": page.locator(".track.found b")}
    heading = page.get_by_role("heading", level=2 if name == "nothing" else 1)
    expect(waited.get(name, heading).first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)

    if name == "found":
        page.get_by_role("button", name="Grid").click()
        page.get_by_role("searchbox", name="Find in the transcript").fill("country")

    found = Axe().run(page).response["violations"]

    told = [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for one in found
        for node in one["nodes"]
        if one["impact"] in SERIOUS
    ]
    assert not told, "\n".join(told)
