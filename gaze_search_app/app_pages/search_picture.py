"""The picture that is searched by, beside the search box: one's own, or a frame of the library."""

from __future__ import annotations

import base64
from pathlib import PurePath

import streamlit as st

from gaze_pipeline.errors import GazeError
from gaze_pipeline.formats import clock
from gaze_pipeline.media.images import encode_jpeg
from gaze_pipeline.names import readable
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app import components
from gaze_search_app.app_pages.markup import problem
from gaze_search_app.search.evidence import frames_at, places
from gaze_search_app.search.model import FrameRef
from gaze_search_app.search.picture import read_picture
from gaze_search_app.views import thumbnail_url

OWN = "Your picture"
_PREVIEW_STEP_PX = 96


def show(snapshot: Snapshot) -> None:
    """Draw the field; the session holds `picture`, its bytes, or `like`, a FrameRef, or neither."""
    st.session_state["picture-event"] = components.picture(*_held(snapshot))


def settle() -> None:
    """Take in what was just given or removed, once the whole form is drawn, or say what is wrong with it."""
    if told := st.session_state.pop("refused", None):
        with st.container(key="refused"):
            st.html(told)
    event: bytes | bool = st.session_state["picture-event"]
    if not event:
        return
    st.session_state.update(picture=None, preview=None, like=None, page=1, weak=False)
    if isinstance(event, bytes):
        try:
            st.session_state["preview"] = _preview(event)
            st.session_state["picture"] = event
        except GazeError as error:
            st.session_state["refused"] = problem(error.code, error.subject, error.detail)
    st.rerun()


def _held(snapshot: Snapshot) -> tuple[str, str | None]:
    """What the picture is called, and its address."""
    if st.session_state.get("picture"):
        return OWN, st.session_state["preview"]
    like: FrameRef | None = st.session_state.get("like")
    if like is None:
        return "", None
    if like.fingerprint not in snapshot.columns.numbers:
        return "A video that is gone", None
    (frame,) = frames_at(snapshot, [(like.fingerprint, like.at_ms)])
    path = places(snapshot, {like.fingerprint})[like.fingerprint].paths[0]
    caption = f"{clock(like.at_ms)} of {PurePath(readable(path)).name}"
    return caption, thumbnail_url(like.fingerprint, frame.index if frame else None)


def _preview(content: bytes) -> str:
    """A small copy as a data address. Raises GazeError(PICTURE_UNREADABLE | PICTURE_TOO_LARGE)."""
    picture = read_picture(content)
    step = max(1, min(picture.shape[:2]) // _PREVIEW_STEP_PX)
    small = encode_jpeg(picture[::step, ::step].copy())
    return f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"
