"""One video: the player with its whole transcript, opened by a link.

`/video?v=FINGERPRINT&t=MS`, and the address of the search it was found by, if there was one.
"""

from __future__ import annotations

import streamlit as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_search_app import components
from gaze_search_app.address import Address
from gaze_search_app.frames import read_frames
from gaze_search_app.views import film, video_view
from gaze_search_app.workspaces import workspace


def page() -> None:
    """Show the video that the address names."""
    fingerprint = st.query_params.get("v", "")
    video = workspace().catalog.videos.get(fingerprint)
    if video is None:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    place = _place(st.query_params.get("t", ""))
    frames = read_frames(workspace(), fingerprint)
    search = Address.parse({name: st.query_params.get_all(name) for name in st.query_params})
    components.video(
        video_view(video, place), film(frames, fingerprint), search.link, search.sought
    )


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
