"""The page's own interactive parts: results with their player, the player alone, and keys."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from gaze_search_app.library_view import Request

_HERE = Path(__file__).parent


def _read(*names: str) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


_SCRIPTS = ("dom.js", "transcript.js", "player.js")
_PLAYER = _read("player.html")
_OPEN = '<a class="open" target="_self" title="Open the whole video">Open</a>'

_moments = st.components.v2.component(
    "gaze.moments",
    html=_read("moments.html").replace("<!--PLAYER-->", _PLAYER.replace("<!--OPEN-->", _OPEN)),
    css=_read("base.css", "player.css", "moments.css"),
    js=_read(*_SCRIPTS, "moments.js"),
)
_video = st.components.v2.component(
    "gaze.video",
    html=_read("video.html").replace("<!--PLAYER-->", _PLAYER),
    css=_read("base.css", "player.css", "video.css"),
    js=_read(*_SCRIPTS, "video.js"),
)
_keys = st.components.v2.component("gaze.keys", js=_read("dom.js", "keys.js"))
_picture = st.components.v2.component(
    "gaze.picture",
    html=_read("picture.html"),
    css=_read("base.css", "picture.css"),
    js=_read("picture.js"),
)
_requests = st.components.v2.component("gaze.requests", js=_read("requests.js"))


def moments(moments: Sequence[Mapping[str, Any]]) -> None:
    """Show results and play them beside their transcript (views of `gaze_search_app.views`)."""
    _moments(key="moments", data={"moments": list(moments)})


def video(moment: Mapping[str, Any], frames: Sequence[Mapping[str, Any]] = ()) -> None:
    """Show one video at one place, above a strip of its frames (`ms`, `url`) to jump by."""
    _video(key="video", data={"moment": dict(moment), "frames": list(frames)})


def keys(focus: bool) -> None:
    """Let `/` go to the search box; with `focus`, start there."""
    _keys(key="keys", data={"focus": focus})


def picture(caption: str, poster: str | None) -> bytes | bool:
    """Let a picture be given to search by; shows the one there is, if it has a caption.

    The content of one that was given just now, True where it was removed, else False.
    """
    events = _picture(
        key="picture-field",
        data={"caption": caption, "poster": poster},
        width="content",
        on_given_change=lambda: None,
        on_removed_change=lambda: None,
    )
    if events.given:
        _, _, content = str(events.given).partition(",")
        return base64.b64decode(content, validate=False)
    return bool(events.removed)


def requests() -> tuple[Request, str] | None:
    """What was just asked by a button with `data-gz-request` and `data-gz-key`, once."""
    asked = _requests(key="requests", on_asked_change=lambda: None).asked
    return (Request(asked["request"]), str(asked["key"])) if asked else None
