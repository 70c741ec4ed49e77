"""What the search page says when there is nothing to show."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from gaze_pipeline.formats import count

HERO = (
    '<div class="gz-hero"><h1>Gaze</h1>'
    "<p>Type a few words. Watch the moment they were said, or the thing was seen.</p></div>"
)
HOME_STYLE = "<style>.st-key-search-form { margin-inline: auto; max-width: 46rem; }</style>"
EMPTY = (
    "Nothing to search yet",
    "Add a folder of videos: `gaze library add FOLDER`, then `gaze index`.",
    "No videos at hand? `gaze demo` makes a few. The Library page shows how far the work is.",
)
SEARCHING = "Searching. The first search of pictures loads a model."
NOTHING = (
    "Nothing found",
    "Try fewer or other words: speech is found by the words said, pictures by what they show.",
    "Labels and libraries narrow the search; the line above tells what was searched.",
)
NOT_CONVINCING = (
    "Nothing convincing",
    "Nothing in the library answers this surely enough to be shown at once.",
    "Try other words, or look at the weak matches.",
)
KEYS = "<kbd>/</kbd> to search, <kbd>↑</kbd> <kbd>↓</kbd> to choose, <kbd>space</kbd> to play"


def hints(labels: list[str], videos: int) -> str:
    """What there is to search and what to try, made from what was seen in the library."""
    links = ", ".join(
        f'<a target="_self" href="/?{urlencode({"q": label})}">{escape(label)}</a>'
        for label in labels
    )
    tries = f"<p>Try {links}</p>" if links else ""
    there = f"<p>{count(videos, 'video')} to search</p>"
    return f'<div class="gz-hints">{there}{tries}<p class="gz-keys">{KEYS}</p></div>'
