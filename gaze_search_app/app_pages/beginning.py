"""What to do before there is anything to search: shown by the Search and the Library page."""

from __future__ import annotations

from collections.abc import Sequence

from gaze_pipeline.formats import count
from gaze_search_app.app_pages.markup import commands, notice, steps
from gaze_search_app.library_view import Group, Row, overall

_NEW = "Search what is said and seen in your videos"
_FIRST_STEPS = (
    (
        "Name a folder",
        "In a terminal: `gaze library add FOLDER`. Your files stay where they are and are only read.",
    ),
    (
        "Let it work",
        "`gaze up` indexes it and keeps watching it. The Library page shows how far each video is.",
    ),
    (
        "Search",
        "Type what was said, or what was to be seen, and press Enter. It plays right there.",
    ),
)
_SAMPLES = "No videos at hand? `gaze demo` makes a few. Nothing ever leaves this machine."


def beginning(libraries: int, every: Sequence[Row]) -> str:
    """The first steps, or how far they are."""
    if not libraries:
        return notice(_NEW, body=f"{steps(_FIRST_STEPS)}<p>{commands(_SAMPLES)}</p>")
    videos = [row for row in every if row.fingerprint]
    if not videos:
        return notice(
            "No video found yet",
            "The folders of your libraries hold no video that can be read.",
            "`gaze library list` tells which they are, `gaze library add FOLDER` adds one.",
        )
    done = overall(every)
    bar = f'<progress class="gz-overall" value="{done:.3f}" aria-label="Indexed"></progress>'
    library = '<a href="/library" target="_self">Library page</a>'
    told = f"<p>{count(len(videos), 'video')}, {done:.0%} done. The {library} shows each.</p>"
    idle = all(row.group is not Group.WORKING for row in videos) and done < 1
    waits = "Nothing works on them now: the Library page tells why." if idle else ""
    start = f"<p>{commands(waits)}</p>" if waits else ""
    return notice("Your videos are being indexed", body=f"{bar}{told}{start}")
