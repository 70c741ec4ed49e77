"""The videos that share content, folded away below the Library's list."""

from __future__ import annotations

from html import escape
from pathlib import PurePath

from gaze_pipeline.duplicates.report import Group, Held, groups
from gaze_pipeline.errors import GazeError
from gaze_pipeline.formats import count, duration, size
from gaze_pipeline.names import readable
from gaze_search_app.app_pages.markup import commands
from gaze_search_app.workspaces import engine

SHOWN = 100


def shared_content() -> str:
    """What is published of videos that share content; nothing before the first publication."""
    try:
        snapshot = engine().snapshots.latest()
        return snapshot.once("duplicates", lambda: _duplicates(groups(snapshot)))
    except GazeError:
        return ""


def _duplicates(found: list[Group]) -> str:
    """The videos that share content, folded away below the list."""
    if not found:
        return ""
    copies = sum(len(group.copies) for group in found)
    spare = size(sum(group.spare_bytes for group in found))
    listed = "".join(map(_duplicate, found[:SHOWN]))
    return (
        f'<details class="gz-copies"><summary>{count(copies, "copy", "copies")} of '
        f"{count(len(found), 'video')}, {spare}</summary><p>Searches show the best of each once. "
        f"Gaze never deletes a file; {commands('`gaze duplicates`')} lists all.</p>"
        f"<ul>{listed}</ul></details>"
    )


def _duplicate(group: Group) -> str:
    copies = "".join(
        f"<li>{_linked(copy.video, max(copy.start_ms, 0))}, {duration(copy.shared_ms)} of it "
        f"({copy.of_original:.0%} of the best)</li>"
        for copy in group.copies
    )
    return f"<li><b>{_linked(group.original, 0)}</b><ul>{copies}</ul></li>"


def _linked(video: Held, start_ms: int) -> str:
    name = escape(PurePath(readable(video.paths[0])).name)
    return f'<a href="/video?v={video.fingerprint}&t={start_ms}" target="_self">{name}</a>'
