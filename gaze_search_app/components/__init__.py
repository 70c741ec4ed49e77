"""The page's own interactive parts: results with their player, the player alone, and small ones."""

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


_PLAYER = _read("player.html")
_PLAYER_CODE = ("dom.js", "find.js", "transcript.js", "timeline.js", "player.js")
_PLAYER_STYLE = ("base.css", "player.css", "timeline.css", "transcript.css")
_OPEN = '<a class="open" target="_self" title="Open the whole video">Open</a>'
_BACK = '<a class="back" target="_self" hidden>Back to the results</a>'


def _with_player(name: str, action: str) -> str:
    return _read(name).replace("<!--PLAYER-->", _PLAYER.replace("<!--ACTIONS-->", action))


_moments = st.components.v2.component(
    "gaze.moments",
    html=_with_player("moments.html", _OPEN),
    css=_read(*_PLAYER_STYLE, "moments.css"),
    js=_read(*_PLAYER_CODE, "preview.js", "arrangement.js", "moment.js", "moments.js"),
)
_video = st.components.v2.component(
    "gaze.video",
    html=_with_player("video.html", _BACK),
    css=_read(*_PLAYER_STYLE, "video.css"),
    js=_read(*_PLAYER_CODE, "video.js"),
)
_keys = st.components.v2.component("gaze.keys", js=_read("dom.js", "keys.js"))
_connection = st.components.v2.component("gaze.connection", js=_read("dom.js", "connection.js"))
_picture = st.components.v2.component(
    "gaze.picture",
    html=_read("picture.html"),
    css=_read("base.css", "picture.css"),
    js=_read("dom.js", "picture.js"),
)
_recent = st.components.v2.component(
    "gaze.recent",
    html=_read("recent.html"),
    css=_read("base.css", "recent.css"),
    js=_read("dom.js", "recent.js"),
)
_requests = st.components.v2.component("gaze.requests", js=_read("requests.js"))


def moments(
    moments: Sequence[Mapping[str, Any]],
    summary: Sequence[str],
    search: str,
    hits: Sequence[Mapping[str, Any]] | None,
) -> None:
    """Show results and play them beside their transcript (views of `gaze_search_app.views`).

    `summary` are lines about the answer that may hold `commands`; `search` is the address of the search
    as the part after `?`; `hits` are all moments of the answer, None where they are to be asked for there.
    """
    data = {
        "moments": list(moments),
        "summary": list(summary),
        "search": search,
        "hits": None if hits is None else list(hits),
    }
    _moments(key="moments", data=data)


def video(
    moment: Mapping[str, Any], frames: Sequence[Mapping[str, Any]], search: str, sought: bool
) -> None:
    """Show one video at one place, above a strip of its frames (`ms`, `url`) to jump by.

    `search` is the search it was opened from; `sought` tells that what this finds in it can be asked for.
    """
    data = {"moment": dict(moment), "frames": list(frames), "search": search, "sought": sought}
    _video(key="video", data=data)


def recent(made: Mapping[str, str] | None) -> None:
    """Keep a search (`query`, `filters`, `address`) in this browser, or show those that are kept."""
    _recent(key="recent", data={"made": dict(made) if made else None})


def keys(focus: bool) -> None:
    """Let `/` go to the search box; with `focus`, start there."""
    _keys(key="keys", data={"focus": focus})


def connection() -> None:
    """Tell in Gaze's words that the server is gone."""
    _connection(key="connection")


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
