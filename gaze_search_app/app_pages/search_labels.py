"""The labels to narrow a search by, each with how much shows it: of the answer, or of the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gaze_search_app.app_pages.search_help import quoted
from gaze_search_app.search.model import Moment

IN_VIDEOS = "Seen in your videos"
IN_MOMENTS = "Seen in these moments"
SHOWN = 40


def seen(moments: Sequence[Moment]) -> dict[str, int]:
    """In how many of these moments each label is seen, the commonest first."""
    return dict(Counter(label for moment in moments for label in moment.labels).most_common())


def look_for() -> None:
    """Make the chosen labels the query: without words there is nothing that they could narrow."""
    query = " ".join(f"label:{quoted(label)}" for label in st.session_state["labels"])
    st.session_state.update(query=query, labels=[])


def show(
    place: DeltaGenerator,
    told: str,
    counts: Mapping[str, int],
    chosen: Sequence[str],
    more: bool = False,
    on_change: Callable[[], None] | None = None,
) -> None:
    """Draw them, the chosen ones first; `told` says what is counted, `more` that it is not all."""
    options = list(dict.fromkeys((*chosen, *list(counts)[:SHOWN])))
    if not options:
        return
    # Streamlit knows a choice by its words, and the numbers in these are other ones by now.
    st.session_state["labels"] = list(chosen)
    place.pills(
        told,
        options,
        key="labels",
        selection_mode="multi",
        format_func=lambda label: f"{label} :small[{counts.get(label, 0):,}{'+' * more}]",
        on_change=on_change,
        label_visibility="collapsed",
        wrap=False,
    )
