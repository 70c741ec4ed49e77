"""What the search page says when there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import urlencode

from gaze_pipeline.formats import count
from gaze_search_app.address import Address
from gaze_search_app.app_pages.markup import notice
from gaze_search_app.search.model import Mode

HERO = (
    '<div class="gz-hero"><h1>Gaze</h1>'
    "<p>Type a few words. Watch the moment they were said, or the thing was seen.</p></div>"
)
HOME_STYLE = "<style>.st-key-search-form { margin-inline: auto; max-width: 46rem; }</style>"
SEARCHING = "Searching. The first search of pictures loads a model."
KEYS = (
    "<kbd>/</kbd> to search, <kbd>↑</kbd> <kbd>↓</kbd> to choose, <kbd>space</kbd> to play, "
    "<kbd>←</kbd> <kbd>→</kbd> to skip"
)


def nothing(address: Address, weak: int, whole: bool) -> str:
    """What to say when nothing is found, and what to try: the same search with less in its way.

    `whole` tells that all was searched that was asked for.
    """
    ways = "".join(
        f'<li><a href="/?{escape(link)}" target="_self">{escape(way)}</a></li>'
        for way, link in _wider(address)
    )
    tries = f'<ul class="gz-tries">{ways}</ul>' if ways else ""
    if weak:
        told = "Nothing in the library answers this surely enough to be shown at once."
        return notice("Nothing convincing", told, body=tries)
    if not whole:
        told = "Part of what you ask was not searched: the line above says why, and what to do about it."
    else:
        told = (
            "Try fewer or other words: speech is found by what is said, pictures by what they show."
        )
    return notice("Nothing found", told, body=tries)


def _wider(address: Address) -> Sequence[tuple[str, str]]:
    ways = []
    if address.labels:
        ways.append(("without the labels", replace(address, labels=())))
    if address.libraries:
        ways.append(("in all libraries", replace(address, libraries=())))
    if address.mode is not Mode.BOTH:
        ways.append(("in what is said and what is seen", replace(address, mode=Mode.BOTH)))
    if '"' in address.query:
        ways.append(
            ("without the quotation marks", replace(address, query=address.query.replace('"', "")))
        )
    return [(f"Search {way}", wider.link) for way, wider in ways]


def hints(words: list[str], videos: int) -> str:
    """What there is to search and what to try: words for what was seen, said or written in the library."""
    links = ", ".join(
        f'<a target="_self" href="/?{urlencode({"q": word})}">{escape(word)}</a>' for word in words
    )
    tries = f"<p>Try {links}</p>" if links else ""
    there = f"<p>{count(videos, 'video')} to search</p>"
    return f'<div class="gz-hints">{there}{tries}<p class="gz-keys">{KEYS}</p></div>'
