"""The library page: every video, how far it is, and what to do about the ones that failed.

It writes nothing but what a person asks of a video, to the catalog: to cancel it, or to take it up again.
"""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.formats import count, duration, size
from gaze_pipeline.states import Stage, State, Status
from gaze_search_app import components
from gaze_search_app.app_pages.beginning import beginning
from gaze_search_app.app_pages.library_copies import shared_content
from gaze_search_app.app_pages.markup import commands, notice, pill
from gaze_search_app.library_view import (
    Group,
    OfflineLibrary,
    Request,
    Row,
    StageCell,
    ask,
    in_group,
    named,
    offline,
    overall,
    rows,
)
from gaze_search_app.workspaces import disk, workspace

REFRESH_S = 2
PAGE_SIZE = 100
ALL = "all"
GROUPS = {
    Group.READY: "Ready",
    Group.WORKING: "In progress",
    Group.WAITING: "Waiting",
    Group.FAILED: "Needs attention",
}
TONES = {
    Group.READY: "good",
    Group.WORKING: "busy",
    Group.WAITING: "waiting",
    Group.FAILED: "bad",
}
WORDS = {
    State.DONE: "Ready",
    State.PARTIAL: "Ready in part",
    State.QUEUED: "Queued",
    State.WAITING: "Waiting for a model",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
    State.EXTRACTING_AUDIO: "Extracting audio",
    State.TRANSCRIBING: "Transcribing",
    State.UNDERSTANDING: "Understanding",
    State.EXTRACTING_FRAMES: "Extracting frames",
    State.EMBEDDING: "Embedding",
    State.DETECTING: "Detecting",
    State.READING_TEXT: "Reading text",
}
VERBS = {Request.CANCEL: "Cancel", Request.RETRY: "Retry"}


def page() -> None:
    """Show the library and keep it up to date."""
    _live()


@st.fragment(run_every=REFRESH_S)
def _live() -> None:
    asked = components.requests()
    if asked is not None:
        ask(workspace(), *asked)
    workspace().catalog.stages.release_dead()
    every = rows(workspace().catalog)
    if not every:
        st.html(beginning(len(workspace().settings.libraries), every))
        return
    components.keys(focus=False)
    counts = Counter(row.group for row in every)
    st.html(_totals(every) + _banner(every))
    here = st.session_state.get("state")
    with st.container(key="library-filters", horizontal=True, vertical_alignment="center"):
        chosen = st.segmented_control(
            "Show",
            [ALL, *(group.value for group in GROUPS if counts[group] or here == group)],
            key="state",
            default=ALL,
            required=True,
            format_func=lambda name: _choice(name, counts),
            label_visibility="collapsed",
        )
        sought = st.text_input(
            "Find a video",
            key="find",
            type="search",
            icon=":material/search:",
            placeholder="Find by name or folder",
            label_visibility="collapsed",
            width=260,
        )
    shown = named(in_group(every, None if chosen in (ALL, None) else Group(chosen)), sought or "")
    if not shown:
        st.html(notice("None of them", "No video is in this state now, or called so."))
        return
    number = 1
    if len(shown) > PAGE_SIZE:
        number = st.pagination(-(-len(shown) // PAGE_SIZE), key="library-page")
    start = (number - 1) * PAGE_SIZE
    table = "".join(_row(row) for row in shown[start : start + PAGE_SIZE])
    st.html(f'<ul class="gz-videos">{table}</ul>')
    if told := shared_content():
        st.html(told)


def _banner(every: list[Row]) -> str:
    """What concerns many rows is told once: a disk that is not there, a model that is missing."""
    return "".join(map(_offline, offline(workspace()))) + _waiting(every)


def _offline(library: OfflineLibrary) -> str:
    code = ErrorCode.LIBRARY_OFFLINE
    return (
        f'<p class="gz-banner"><code>{code.name}</code> {escape(library.name)}: '
        f"{escape(library.reason)}. Its videos stay searchable. {commands(code.remedy)}</p>"
    )


def _waiting(every: list[Row]) -> str:
    missing: dict[tuple[ErrorCode, str], set[Stage]] = {}
    for row in every:
        for cell in row.stages:
            if cell.status is Status.WAITING and cell.problem is not None:
                missing.setdefault((cell.problem, cell.remedy), set()).add(cell.stage)
    return "".join(
        f'<p class="gz-banner"><code>{code.name}</code> {escape(code.sentence)} Waiting for it: '
        f"{', '.join(stage for stage in Stage if stage in stages)}. {commands(remedy)}</p>"
        for (code, remedy), stages in missing.items()
    )


def _choice(name: str, counts: Counter[Group]) -> str:
    return "All" if name == ALL else f"{GROUPS[Group(name)]} {counts[Group(name)]:,}"


def _totals(every: list[Row]) -> str:
    videos = [row for row in every if row.fingerprint]
    length = duration(sum(row.duration_ms for row in videos))
    done = overall(every)
    bar = f'<progress class="gz-overall" value="{done:.3f}"></progress>' if done < 1 else ""
    told = f"{count(len(videos), 'video')} · {length} · {done:.0%} indexed · index {size(disk().index)}"
    return (
        f'<header class="gz-head"><h1>Library</h1><p>{told}</p>{_all_buttons(every)}{bar}</header>'
    )


def _row(row: Row) -> str:
    name, picture = escape(row.name), '<span class="gz-poster"></span>'
    if row.fingerprint:
        link = f'href="/video?v={row.fingerprint}" target="_self"'
        poster = f'<img src="/posters/{row.fingerprint}.jpg" alt="" loading="lazy">'
        shown = poster if row.has_frames else ""
        name, picture = (
            f"<a {link}>{name}</a>",
            f'<a class="gz-poster" tabindex="-1" aria-hidden="true" {link}>{shown}</a>',
        )
    where = escape(" · ".join((*row.libraries, *row.folders)))
    length = duration(row.duration_ms) if row.duration_ms else ""
    return (
        f'<li class="gz-video">{picture}'
        f'<div class="gz-name"><b>{name}</b><span title="{where}">{where}</span></div>'
        f'<span class="gz-length">{length}</span>'
        f'<div class="gz-state">{pill(WORDS[row.state], TONES[row.group])}'
        f"{_stages(row)}{_buttons(row)}</div>{_problem(row)}</li>"
    )


def _all_buttons(every: list[Row]) -> str:
    """Buttons for what can be asked of more than one row at once."""
    offered = Counter(request for row in every for request in row.requests)
    return "".join(_button(request, "", "all") for request in Request if offered[request] > 1)


def _buttons(row: Row) -> str:
    if row.cancelling:
        return '<span class="gz-asked">Stopping …</span>'
    return "".join(_button(request, row.key, row.name) for request in row.requests)


def _button(request: Request, key: str, what: str) -> str:
    word = f"{VERBS[request]}{'' if key else ' all'}"
    label = escape(f"{VERBS[request]} {what}", quote=True)
    return (
        f'<button type="button" class="gz-ask" aria-label="{label}" '
        f'data-gz-request="{request}" data-gz-key="{key}">{word}</button>'
    )


def _stages(row: Row) -> str:
    """How far each stage is; nothing to tell where all is done."""
    if not row.stages or row.state is State.DONE:
        return ""
    return f'<span class="gz-stages">{"".join(map(_stage, row.stages))}</span>'


def _stage(cell: StageCell) -> str:
    told = f"{cell.stage}: {cell.status}"
    if cell.status is Status.RUNNING:
        told += f" {cell.progress:.0%}"
    return (
        f'<i class="gz-{cell.status}" title="{told}" '
        f'style="--part: {cell.progress * 100:.0f}%"></i>'
    )


def _problem(row: Row) -> str:
    waits = any(
        cell.stage is row.problem_stage and cell.status is Status.WAITING for cell in row.stages
    )
    if row.problem is None or row.state is State.CANCELLED or waits:  # the banner tells what for
        return ""
    stage = f"{row.problem_stage} · " if row.problem_stage else ""
    detail = f" ({escape(row.detail)})" if row.detail else ""
    return (
        f'<p class="gz-why">{stage}<code>{row.problem.name}</code> {escape(row.problem.sentence)}'
        f"{detail} {escape(row.next_try)} {commands(row.remedy)}</p>"
    )
