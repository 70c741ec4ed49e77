"""What the pages say once nobody answers them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MS
from tests.support.gaze import Gaze
from tests.support.serving import served

pytestmark = pytest.mark.browser


def test_a_page_says_in_our_words_that_the_server_is_gone_or_a_new_one(
    browser: Browser, tmp_path: Path
) -> None:
    gaze = Gaze(tmp_path / "data")
    with served(gaze.root, tmp_path / "search.log", gaze.environment()) as app:
        expect.set_options(timeout=PATIENCE_MS)  # it is noticed after a while
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(app.url(f"/settings?token={app.token}"))
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        os.kill(app.pid, signal.SIGTERM)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Gaze does not answer. See whether gaze up still runs.")
        expect(dialog.get_by_text("Streamlit")).to_be_hidden()
    (gaze.root / "run" / "token").unlink()
    with served(gaze.root, tmp_path / "search.log", gaze.environment(), app.port):
        expect(dialog).to_contain_text("Open the address that gaze up printed")
        expect(dialog).not_to_contain_text("does not answer")
        page.close()
