"""The search page: one box, a few filters, and moments that play."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from html import escape
from urllib.parse import urlencode

import streamlit as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.formats import count
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app import components
from gaze_search_app.address import PAGE_SIZE, Address
from gaze_search_app.app_pages import search_form, search_help, search_labels, search_picture
from gaze_search_app.app_pages.beginning import beginning
from gaze_search_app.app_pages.markup import commands
from gaze_search_app.app_pages.search_words import (
    HERO,
    HOME_STYLE,
    SEARCHING,
    hints,
    nothing,
)
from gaze_search_app.library_view import rows
from gaze_search_app.search.browse import Examples
from gaze_search_app.search.model import QUERY_MAX, Moment, SearchRequest, SearchResponse
from gaze_search_app.views import (
    coverage_lines,
    hit_view,
    moment_view,
    reading_lines,
    recent_view,
    unsearched,
)
from gaze_search_app.workspaces import engine, labels, libraries, workspace

HINTS = 3
MOST = 500
"""How many moments of an answer are looked through for what its page does not show."""
REFRESH_S = 3


def page() -> None:
    """Ask, search, show."""
    hero = st.empty()
    try:
        snapshot = engine().snapshots.latest()
    except GazeError as error:
        if error.code is not ErrorCode.INDEX_MISSING:
            raise
        _not_yet()
        return
    if not snapshot.info.videos:
        _not_yet()
        return
    address, narrowing = search_form.show(
        libraries(), lambda: search_picture.show(snapshot), lambda: search_help.show(snapshot)
    )
    search_picture.settle()
    request = address.request()
    if picture := st.session_state.get("picture"):
        request = request.model_copy(update={"picture": picture})
    blank = not address.query and not request.exemplified
    components.keys(focus=blank)
    if blank:
        hero.html(HERO)
        _invite(snapshot)
        search_labels.show(
            narrowing,
            search_labels.IN_VIDEOS,
            labels(address.libraries),
            address.labels,
            on_change=search_labels.look_for,
        )
        return
    with st.spinner(SEARCHING):
        response = engine().search(request)
    if response.total and not response.moments:
        st.session_state["page"] = _pages(response.total)  # the link led beyond the last page
        st.rerun()
    _reading(address, response)
    every = cache(partial(_every, request, response))
    if response.moments:
        asked = response.total > len(response.moments) and not picture
        _found(address, response, None if asked else every())
        if address.query and not request.exemplified:
            components.recent(recent_view(address))
        _paging(address, response.total)
    else:
        _nothing(address, response)
    if response.weak:
        _fold(response.weak, shown=address.weak)
    counts = search_labels.seen(every())  # last, as it may take another search
    more = response.total > MOST
    search_labels.show(narrowing, search_labels.IN_MOMENTS, counts, address.labels, more)


@st.fragment(run_every=REFRESH_S)
def _not_yet() -> None:
    """What to do before anything can be searched; goes on by itself once something can."""
    here = workspace()
    st.html(beginning(len(here.settings.libraries), rows(here.catalog)))
    with suppress(GazeError):
        if engine().snapshots.latest().info.videos:
            st.rerun()


def _every(request: SearchRequest, response: SearchResponse) -> Sequence[Moment]:
    """The best moments of an answer, those of other pages too."""
    if response.total == len(response.moments):
        return response.moments
    return engine().search(request.model_copy(update={"limit": MOST, "offset": 0})).moments


def _reading(address: Address, response: SearchResponse) -> None:
    read = reading_lines(address.query, response.reading)
    if len(st.session_state["query"].strip()) > QUERY_MAX:
        read.append(f"Only the first {QUERY_MAX:,} letters are searched.")
    if read:
        told = "".join(f"<span>{escape(line)}</span>" for line in read)
        st.html(f'<p class="gz-summary gz-reading" role="status">{told}</p>')


def _found(address: Address, response: SearchResponse, every: Sequence[Moment] | None) -> None:
    """The moments of the page; the player asks for the others of a video itself, unless given `every`."""
    components.moments(
        [moment_view(moment, address.labels) for moment in response.moments],
        _summary(address, response),
        address.link,
        None if every is None else [hit_view(moment) for moment in every],
    )


def _nothing(address: Address, response: SearchResponse) -> None:
    spans = "".join(f"<span>{commands(line)}</span>" for line in _summary(address, response))
    empty = nothing(address, response.weak, whole=not unsearched(response.coverage))
    st.html(f'<p class="gz-summary">{spans}</p>{empty}')


def _summary(address: Address, response: SearchResponse) -> list[str]:
    convincing = response.total - (response.weak if address.weak else 0)
    lines = [count(convincing, "moment"), f"{response.took_ms:.0f} ms"]
    return [*lines, *coverage_lines(response.coverage)]


def _pages(total: int) -> int:
    return math.ceil(total / PAGE_SIZE)


def _paging(address: Address, total: int) -> None:
    pages = _pages(total)
    if pages > 1:
        key = f"page?{urlencode(address.params(), doseq=True)}"
        with st.container(key="pages"):
            st.pagination(
                pages,
                default=address.page,
                key=key,
                width="stretch",  # else it shows the first page only
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


def _invite(snapshot: Snapshot) -> None:
    st.html(HOME_STYLE)
    components.recent(None)
    known, general = search_help.known(snapshot), Examples()
    there = {known.word, known.written} - {general.word, general.written}
    st.html(hints(list(labels())[:HINTS] or sorted(there), snapshot.info.videos))
