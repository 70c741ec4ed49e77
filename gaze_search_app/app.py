"""The pages of Gaze: what the server runs for each visitor."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gaze_search_app.app_pages import health, library, search, settings, video
from gaze_search_app.app_pages.frame import frame

ICON = Path(__file__).parent / "components" / "icon.svg"
PAGES = [
    st.Page(search.page, title="Search", url_path="", default=True),
    st.Page(library.page, title="Library", url_path="library"),
    st.Page(health.page, title="Health", url_path="health"),
    st.Page(settings.page, title="Settings", url_path="settings"),
    st.Page(video.page, title="Video", url_path="video", visibility="hidden"),
]

st.set_page_config(page_title="Gaze", page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large")
chosen = st.navigation(PAGES, position="top")
with st.container(key="nav", horizontal=True):  # Streamlit hides its own away on narrow screens
    for page in PAGES[:-1]:
        st.page_link(page)
with frame():
    chosen.run()
