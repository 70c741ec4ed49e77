"""The search box and its filters, kept in step with the page's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gaze_search_app.address import Address
from gaze_search_app.search.model import QUERY_MAX, Mode

MODES = {Mode.BOTH: "Both", Mode.TRANSCRIPT: "Words spoken", Mode.VISUAL: "Things seen"}
PLACEHOLDER = "What was said, or what was seen"
_SEEN = "address"


def show(
    libraries: list[str], picture: Callable[[], None], help_: Callable[[], None]
) -> tuple[Address, DeltaGenerator]:
    """Draw the form; returns what it asks for, and the place for the labels, which the answer counts.

    `picture` draws the field for one, `help_` the way to the list of operators.
    """
    linked = Address.parse({name: st.query_params.get_all(name) for name in st.query_params})
    if linked != st.session_state.get(_SEEN) or "query" not in st.session_state:
        _fill(linked)  # a link was opened, or the back button pressed
    asked, place = _form(libraries, linked, picture, help_)
    if replace(asked, page=1, weak=False) != replace(linked, page=1, weak=False):
        asked = replace(asked, page=1, weak=False)
        st.session_state.update(page=1, weak=False)
    if asked != linked:
        st.query_params.from_dict(asked.params())
    st.session_state[_SEEN] = asked
    return asked, place


def _fill(address: Address) -> None:
    st.session_state["query"] = address.query
    st.session_state["mode"] = address.mode
    st.session_state["labels"] = list(address.labels)
    st.session_state["libraries"] = list(address.libraries)
    st.session_state["page"] = address.page
    st.session_state["weak"] = address.weak
    st.session_state["like"] = address.like
    if address.like is not None:
        st.session_state["picture"] = None


def _form(
    libraries: list[str], linked: Address, picture: Callable[[], None], help_: Callable[[], None]
) -> tuple[Address, DeltaGenerator]:
    with st.container(key="search-form"):
        query = st.text_input(
            "Search",
            key="query",
            type="search",
            icon=":material/search:",
            placeholder=PLACEHOLDER,
            label_visibility="collapsed",
        )
        with st.container(key="filters", horizontal=True, vertical_alignment="center"):
            mode = st.segmented_control(
                "Search in",
                list(MODES),
                key="mode",
                required=True,
                format_func=MODES.__getitem__,
                label_visibility="collapsed",
            )
            picture()
            chosen_libraries = _libraries(libraries, linked)
            help_()
        place = st.container(key="narrowing")  # keeps what it shows until there is an answer
    asked = Address(
        query=(query or "").strip()[:QUERY_MAX],
        mode=mode or Mode.BOTH,
        labels=tuple(st.session_state.get("labels", linked.labels)),
        libraries=tuple(chosen_libraries),
        page=st.session_state["page"],
        weak=st.session_state["weak"],
        like=st.session_state["like"],
    )
    return asked, place


def _libraries(libraries: list[str], linked: Address) -> list[str]:
    options = list(dict.fromkeys((*libraries, *linked.libraries)))
    if len(options) < 2:
        return list(linked.libraries)
    return st.multiselect(
        "Libraries",
        options,
        key="libraries",
        placeholder="All libraries",
        label_visibility="collapsed",
        width=170,
    )
