"""The search page: one box, a few filters, and moments that play."""

from __future__ import annotations

import math
from html import escape
from urllib.parse import urlencode

import streamlit as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.formats import count
from gaze_search_app import components
from gaze_search_app.address import PAGE_SIZE, Address
from gaze_search_app.app_pages import search_form, search_help, search_picture
from gaze_search_app.app_pages.markup import commands, notice
from gaze_search_app.app_pages.search_words import (
    EMPTY,
    HERO,
    HOME_STYLE,
    NOT_CONVINCING,
    NOTHING,
    SEARCHING,
    hints,
)
from gaze_search_app.search.model import SearchResponse
from gaze_search_app.views import coverage_lines, moment_view, reading_lines
from gaze_search_app.workspaces import choices, engine

HINTS = 3


def page() -> None:
    """Ask, search, show."""
    hero = st.empty()
    try:
        labels, libraries = choices()
    except GazeError as error:
        if error.code is not ErrorCode.INDEX_MISSING:
            raise
        st.html(notice(*EMPTY))
        return
    snapshot = engine().snapshots.latest()
    address = search_form.show(
        labels,
        libraries,
        lambda: search_picture.show(snapshot),
        lambda: search_help.show(snapshot),
    )
    search_picture.settle()
    request = address.request()
    if picture := st.session_state.get("picture"):
        request = request.model_copy(update={"picture": picture})
    components.keys(focus=not address.query)
    if not address.query and not request.exemplified:
        hero.html(HERO)
        _invite(list(labels))
        return
    with st.spinner(SEARCHING):
        response = engine().search(request)
    _summary(address, response)
    if response.total and not response.moments:
        st.session_state["page"] = _pages(response.total)  # the link led beyond the last page
        st.rerun()
    if response.moments:
        components.moments([moment_view(moment, address.labels) for moment in response.moments])
        _paging(address, response.total)
    else:
        st.html(notice(*(NOT_CONVINCING if response.weak else NOTHING)))
    if response.weak:
        _fold(response.weak, shown=address.weak)


def _summary(address: Address, response: SearchResponse) -> None:
    if read := reading_lines(address.query, response.reading):
        told = "".join(f"<span>{escape(line)}</span>" for line in read)
        st.html(f'<p class="gz-summary gz-reading" role="status">{told}</p>')
    convincing = response.total - (response.weak if address.weak else 0)
    lines = [count(convincing, "moment"), f"{response.took_ms:.0f} ms"]
    facts = [escape(line) for line in lines]
    facts += [commands(line) for line in coverage_lines(response.coverage)]
    spans = "".join(f"<span>{line}</span>" for line in facts)
    st.html(f'<p class="gz-summary">{spans}</p>')


def _pages(total: int) -> int:
    return math.ceil(total / PAGE_SIZE)


def _paging(address: Address, total: int) -> None:
    pages = _pages(total)
    if pages > 1:
        key = f"page?{urlencode(address.params(), doseq=True)}"
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.pagination(
                pages,
                default=address.page,
                key=key,
                on_change=lambda: st.session_state.update(page=st.session_state[key]),
            )


def _fold(weak: int, shown: bool) -> None:
    """The way to the moments that do not convince, and back."""
    st.button(
        f"{'Hide' if shown else 'Show'} {count(weak, 'weak match', 'weak matches')}",
        key="fold",
        type="tertiary",
        icon=":material/expand_less:" if shown else ":material/expand_more:",
        on_click=lambda: st.session_state.update(weak=not shown, page=1),
    )


def _invite(labels: list[str]) -> None:
    st.html(HOME_STYLE)
    st.html(hints(labels[:HINTS], engine().snapshots.latest().info.videos))
