"""How to search: every operator, with an example that finds something in this library."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlencode

import streamlit as st

from gaze_pipeline.settings import data_root
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.app_pages.markup import commands
from gaze_search_app.search.browse import Examples, examples

TITLE = "How to search"
_OPENING = (
    "Plain words find what was said, also in other words, and what was seen. "
    "The rest is for when you know more."
)


def show(snapshot: Snapshot) -> None:
    """A button that opens the list; the Tab key reaches it right after the search box."""
    with st.popover(TITLE, icon=":material/help:", type="tertiary", key="how-to-search"):
        st.html(listing(known(snapshot)))


def known(snapshot: Snapshot) -> Examples:
    """What there is to try in a library."""
    return _known(str(data_root()), snapshot.info.number, snapshot)


@st.cache_data(max_entries=8, show_spinner=False)
def _known(root: str, number: int, _snapshot: Snapshot) -> Examples:
    del root, number
    return examples(_snapshot)


def listing(known: Examples) -> str:
    """The operators as HTML, each example a link to its search."""
    body = "".join(
        f"<dt>{_linked(query)}</dt><dd>{commands(meaning)}</dd>" for query, meaning in _rows(known)
    )
    return f'<div class="gz-help"><p>{_OPENING}</p><dl>{body}</dl></div>'


def _rows(known: Examples) -> Iterable[tuple[str, str]]:
    """Queries and what they do; the library's own names stand in where it has any."""
    label, other = (*known.labels, "dog", "car")[:2]
    thing = quoted(label)
    yield f'"{known.phrase}"', "exactly these words, one after the other"
    yield f"{known.word} -{known.other}", "the first word where the second is not said"
    yield f"{known.word} OR {known.other}", "any of them; `OR` in capitals"
    yield f"{known.word[:4]}*", "any word that begins like this"
    yield f'say:"{known.phrase}"', "only what was said, whatever the buttons above say"
    yield f"see:{thing}", "only what is seen: describe the picture"
    yield (
        f"text:{quoted(known.written)}",
        "only what is written on the screen: slides, signs, captions",
    )
    yield f"label:{thing}", "where the detector saw this thing"
    yield f'say:"{known.phrase}" with see:{thing}', "both at the same time"
    yield (
        f"label:{thing} then label:{quoted(other)} within 1m",
        "one after the other, at most this long apart (30 s unless you say)",
    )
    yield f"{known.word} library:{quoted(known.library)}", "in this library"
    yield (
        f"{known.word} in:{quoted(known.folder)}",
        "in a folder of this name, or `one/in/another`",
    )
    yield (
        f"{known.word} after:{known.year} before:{known.year + 1}",
        "by when it was recorded (or the file last changed): year, month or day, `2024-05-31`",
    )
    yield f"{known.word} lang:{known.language}", "only lines in this language"


def quoted(name: str) -> str:
    """A name as it is typed after an operator."""
    return f'"{name}"' if " " in name else name


def _linked(query: str) -> str:
    address = urlencode({"q": query})
    return f'<a target="_self" href="/?{escape(address)}"><code>{escape(query)}</code></a>'
