"""The settings page: what is in force, and where to change it."""

from __future__ import annotations

from html import escape

import streamlit as st
from pydantic import BaseModel

from gaze_pipeline.names import readable
from gaze_search_app.app_pages.markup import card, commands, facts
from gaze_search_app.workspaces import workspace

TITLES = {
    "channels": "What is found",
    "models": "Models",
    "transcript": "Speech",
    "frames": "Frames",
    "detection": "Detection",
    "text": "Text on screen",
    "search": "Search",
    "scan": "Watching folders",
    "services": "Services",
}
WHERE = (
    "Change them in `{path}`; `gaze_pipeline/gaze.example.toml` explains each key. "
    "Services take them over when they start again."
)


def page() -> None:
    """Show every setting."""
    settings = workspace().settings
    path = readable(settings.paths.settings)
    st.html(
        f'<header class="gz-head"><h1>Settings</h1><p>{commands(WHERE.format(path=path))}</p></header>'
    )
    cards = [card(title, _section(getattr(settings, name))) for name, title in TITLES.items()]
    st.html(f'<div class="gz-cards">{"".join(cards)}</div>')


def _section(section: BaseModel) -> str:
    return facts([(name, _value(value)) for name, value in section.model_dump().items()])


def _value(value: object) -> str:
    if value is None:
        return '<span class="gz-unset">not set</span>'
    if isinstance(value, bool):
        return f"<code>{str(value).lower()}</code>"
    if isinstance(value, list):
        return escape(" ".join(map(str, value)))
    return f"<code>{escape(readable(str(value)))}</code>"
