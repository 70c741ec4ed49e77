"""The health page: what works now, what is missing, and the one command that gets it."""

from __future__ import annotations

import time
from html import escape

import streamlit as st

from gaze_pipeline import health as view
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.formats import ago, count, size
from gaze_pipeline.models.installed import ModelState, ModelStatus
from gaze_pipeline.recovery import last
from gaze_pipeline.services.probes import listens
from gaze_pipeline.settings import Settings
from gaze_pipeline.workspace import Workspace
from gaze_search_app.app_pages.markup import card, commands, facts, pill
from gaze_search_app.workspaces import disk, workspace

REFRESH_S = 10
REPAIRS = 5
TONES = {
    ModelState.READY: "good",
    ModelState.MISSING: "waiting",
    ModelState.PARTIAL: "waiting",
    ModelState.CORRUPT: "bad",
}


def page() -> None:
    """Show how Gaze is and keep it up to date."""
    _live()


@st.fragment(run_every=REFRESH_S)
def _live() -> None:
    here = workspace()
    found = view.models(here.settings)
    st.html(_headline(found))
    cards = (
        _models(found),
        _channels(here.settings),
        _index(here),
        _services(here.settings),
        _libraries(here),
        _machine(here.settings),
        _repairs(here.settings),
    )
    st.html(f'<div class="gz-cards">{"".join(cards)}</div>')


def _headline(found: list[ModelStatus]) -> str:
    missing = [model for model in found if view.remedy(model)]
    if not missing:
        told = "All models are here: speech and pictures are searchable."
    else:
        lost = ", ".join(view.ENABLES[model.kind] for model in missing)
        told = f"Not possible yet: {lost}. Everything else works."
    return f'<header class="gz-head"><h1>Health</h1><p>{escape(told)}</p></header>'


def _models(found: list[ModelStatus]) -> str:
    body = "".join(_model(model) for model in found)
    return card("Models", f'<ul class="gz-rows">{body}</ul>', wide=True)


def _channels(settings: Settings) -> str:
    told = [
        (view.FINDS[channel].capitalize(), pill(how, "good" if how == "in use" else "quiet"))
        for channel, how in view.channels(settings).items()
    ]
    return card("What is found", facts(told))


def _model(model: ModelStatus) -> str:
    code = view.remedy(model)
    source = f"{size(model.bytes)} from {model.variant}" if model.bytes and model.variant else ""
    why = ""
    if code is not None:
        sentence = (
            f"Run `gaze models pull {model.id}`, or `gaze models import DIR` without a network."
        )
        why = f'<p class="gz-why"><code>{code.name}</code> {commands(sentence)}</p>'
    purpose = view.ENABLES[model.kind].capitalize()
    return (
        f"<li><div><b>{purpose}</b><span>{escape(model.title)} · {escape(model.id)}</span></div>"
        f"<span>{escape(source)}</span>{pill(model.state, TONES[model.state])}{why}</li>"
    )


def _index(here: Workspace) -> str:
    published = view.index(here)
    if published is None:
        return card("Search index", f"<p>{commands(ErrorCode.INDEX_MISSING.remedy)}</p>")
    waiting = "changes wait for the next one" if published.behind else "up to date"
    return card(
        "Search index",
        facts(
            [
                ("Snapshot", str(published.number)),
                ("Published", ago(published.age_s)),
                ("Content", pill(waiting, "busy" if published.behind else "good")),
            ]
        ),
    )


def _libraries(here: Workspace) -> str:
    found = view.libraries(here)
    if not found:
        return card("Libraries", f"<p>{commands('None yet: `gaze library add FOLDER`.')}</p>")
    body = "".join(_library(library) for library in found)
    late: dict[str, list[str]] = {}
    for library in found:
        if library.unwatched and not library.offline:
            late.setdefault(library.unwatched, []).append(library.name)
    notes = "".join(_unwatched(names, why) for why, names in late.items())
    return card("Libraries", f'<ul class="gz-rows">{body}</ul>{notes}', wide=True)


def _library(library: view.LibraryHealth) -> str:
    state = pill("offline", "waiting") if library.offline else pill("online", "good")
    why = ""
    if library.offline:
        code = ErrorCode.LIBRARY_OFFLINE
        why = (
            f'<p class="gz-why"><code>{code.name}</code> {escape(code.sentence)} '
            f"({escape(library.offline)}) {commands(code.remedy)}</p>"
        )
    scanned = "" if library.scanned_age_s is None else f" · looked at {ago(library.scanned_age_s)}"
    return (
        f"<li><div><b>{escape(library.name)}</b><span>{escape(library.path)}</span></div>"
        f"<span>{count(library.files, 'file')}{scanned}</span>{state}{why}</li>"
    )


def _unwatched(names: list[str], why: str) -> str:
    return (
        f'<p class="gz-note">In {escape(", ".join(names))} changes are found when the folder is '
        f"looked through, not at once: {escape(why)}.</p>"
    )


def _services(settings: Settings) -> str:
    port = settings.services.dagster_port
    if listens(port):
        link = f'<a href="http://127.0.0.1:{port}/" target="_blank" rel="noopener">open</a>'
        dagster = f"{pill('running', 'good')} {link}"
    else:
        dagster = f"{pill('stopped', 'quiet')} {commands('`gaze up` starts it')}"
    return card(
        "Services",
        facts([("Search", pill("running", "good")), ("Dagster UI", dagster)]),
    )


def _machine(settings: Settings) -> str:
    room = disk()
    used = " · ".join(f"{name} {size(bytes_)}" for name, bytes_ in room.used.items() if bytes_)
    free = size(room.free) + (f" {pill('low', 'bad')}" if room.low else "")
    versions = ", ".join(f"{name} {number}" for name, number in view.versions().items())
    return card(
        "This machine",
        facts(
            [
                ("Models run on", escape(view.device(settings))),
                ("Data root", escape(room.root)),
                ("Free space", free),
                ("In use", escape(used)),
                ("Versions", escape(versions)),
            ]
        ),
        wide=True,
    )


def _repairs(settings: Settings) -> str:
    """What was put right after crashes; no card where there were none."""
    told = [
        (ago(max(time.time() - entry.at, 0.0)), escape(" ".join(entry.lines)))
        for entry in reversed(last(settings.paths)[-REPAIRS:])
    ]
    return card("Repaired after a crash", facts(told), wide=True) if told else ""
