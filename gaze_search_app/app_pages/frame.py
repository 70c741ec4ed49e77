"""What is around every page: its style, and the one place where failures become messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_search_app import components
from gaze_search_app.app_pages.markup import problem

_STYLE = Path(__file__).with_name("frame.css")


@contextmanager
def frame() -> Iterator[None]:
    """Style a page, and show a GazeError of it as its code, sentence and remedy."""
    st.html(_STYLE)
    components.connection()
    try:
        yield
    except GazeError as error:
        st.html(problem(error.code, error.subject, error.detail))


def unforeseen(error: Exception) -> bool:
    """Show what no code names as INTERNAL; the traceback stays in the server's log."""
    st.html(problem(ErrorCode.INTERNAL, detail=type(error).__name__))
    return True
