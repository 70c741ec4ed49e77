"""A picture instead of words, as a person gives one: chosen, pasted, dropped, or taken from a moment."""

from __future__ import annotations

import base64
import io
import re

import av
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.conftest import SHARED_MEDIA
from tests.support.clips import numbered

pytestmark = pytest.mark.browser
PASTE = """(content) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "shot.png", { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true }));
}"""


def still(at_s: float) -> bytes:
    """A picture of the film of the dog, cropped, as PNG."""
    with av.open(str(SHARED_MEDIA / "video" / "dog_with_jfk_speech.mp4")) as film:
        frame = next(f for f in film.decode(video=0) if f.time is not None and f.time >= at_s)
    picture = frame.to_image()
    width, height = picture.size
    cropped = picture.crop((width // 10, height // 10, width * 9 // 10, height * 9 // 10))
    buffer = io.BytesIO()
    cropped.save(buffer, "PNG")
    return buffer.getvalue()


def give(page: Page, content: bytes, name: str = "dog.png", kind: str = "image/png") -> None:
    page.get_by_label("A picture to search by").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )


def test_a_chosen_picture_finds_its_moment_and_can_be_removed(page: Page) -> None:
    give(page, still(4.2))
    expect(page.get_by_alt_text("The picture that is searched by")).to_be_visible()
    first = page.get_by_role("row").first
    expect(first).to_contain_text(re.compile("dog_"))
    expect(first).to_contain_text(re.compile("strong|possible"))
    page.get_by_role("button", name="Remove the picture").click()
    expect(page.get_by_role("row")).to_have_count(0)
    expect(page.get_by_role("button", name="Picture")).to_be_visible()


def test_a_pasted_picture_is_searched_by_together_with_words(page: Page) -> None:
    expect(page.get_by_role("button", name="Picture")).to_be_visible()
    page.evaluate(PASTE, base64.b64encode(still(4.2)).decode())
    expect(page.get_by_role("row").first).to_be_visible()
    page.get_by_placeholder("What was said").fill("country")
    page.keyboard.press("Enter")
    expect(page.locator(".snippet mark").first).to_be_visible()
    expect(page.get_by_alt_text("The picture that is searched by")).to_be_visible()


def test_what_is_no_picture_is_refused_by_name(page: Page) -> None:
    give(page, b"no picture at all", "notes.png")
    expect(page.get_by_text("PICTURE_UNREADABLE")).to_be_visible()


def test_a_picture_of_nothing_here_convinces_nobody(page: Page) -> None:
    buffer = io.BytesIO()
    Image.fromarray(numbered(341, 320, 240)).save(buffer, "PNG")
    give(page, buffer.getvalue())
    expect(page.get_by_text(re.compile("Nothing (convincing|found)"))).to_be_visible()


def test_more_like_this_is_a_link(page: Page) -> None:
    page.get_by_placeholder("What was said").fill("country")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="More like this").first.click()
    expect(page).to_have_url(re.compile(r"like=[0-9a-f]{16}%40\d+"))
    expect(page.locator(".held .caption")).to_contain_text("dog_")
    page.get_by_role("button", name="Remove the picture").click()
    expect(page).not_to_have_url(re.compile("like="))
