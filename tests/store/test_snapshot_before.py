"""Taking over what has not changed: the same snapshot as one that is made of nothing but the artifacts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaze_pipeline.states import Stage
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store import snapshot_rows
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.snapshot_tables import fill
from tests.support.synthetic import Film, Line, SyntheticRoot, Written, unsynced

VIDEOS = [f"{number:x}" * 16 for number in range(8)]
TABLES = ("videos", "files", "segments", "texts", "frames", "detections", "sightings", "sources")
WORDS = """SELECT term, line, times FROM {table}_postings JOIN fts_main_{table}.dict USING (termid)
    ORDER BY ALL"""
lines = st.lists(
    st.sampled_from(["the fox", "a red fox jumps", "", "Ein Hund bellt", "9.9!", "狐狸 跑"]),
    max_size=4,
)
films = st.tuples(
    st.sampled_from(VIDEOS),
    st.none() | lines,
    st.none() | lines,
    st.dictionaries(
        st.integers(0, 3), st.lists(st.sampled_from(["cat", "dog", "eel"]), unique=True)
    ),
)
changes = st.lists(films | st.sampled_from(VIDEOS), min_size=1, max_size=4)
"""Films that come or are others now, and videos that go."""


def held(place: Path) -> dict[str, Any]:
    """All that a snapshot holds, in the order in which it lies."""
    with files.connect(place, read_only=True) as db:
        found: dict[str, Any] = {table: db.execute(f"FROM {table}").fetchall() for table in TABLES}
        for table in ("segments", "texts"):
            found[f"words of {table}"] = db.execute(WORDS.format(table=table)).fetchall()
            for part in ("docs", "stats", "fields"):
                found[f"{part} of {table}"] = db.execute(f"FROM fts_main_{table}.{part}").fetchall()
            terms = db.execute(f"SELECT term, df FROM fts_main_{table}.dict ORDER BY 1").fetchall()
            found[f"terms of {table}"] = terms
            placed = db.execute(f"SELECT termid, line FROM {table}_postings").fetchall()
            assert placed == sorted(placed)
    return found


@settings(max_examples=5, deadline=None)
@given(st.lists(changes, min_size=2, max_size=3))
def test_taking_over_gives_what_reading_all_gives(rounds: list[list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as place, unsynced():
        root = SyntheticRoot(Path(place) / "data")
        for round_ in rounds:
            for change in round_:
                apply(root, change)
            info = publish(root.workspace)
        workspace, alone = root.workspace, Path(place) / "alone.duckdb"
        snapshot = Snapshot.open(workspace.paths)
        reasons = {
            column: dict(snapshot.rows(f"SELECT fingerprint, {column} FROM videos"))
            for column in ("visual_reason", "meaning_reason")
        }
        with files.connect(alone, read_only=False) as db:
            fill(db, workspace.catalog.videos.all(), workspace.artifacts, reasons)
        assert held(files.file_of(workspace.paths, info.number)) == held(alone)


def apply(root: SyntheticRoot, change: Any) -> None:
    """A film that comes, or whose artifacts are others now; or a video that goes."""
    if isinstance(change, str):
        root.workspace.catalog.videos.remove(change)
        root.workspace.artifacts.remove(change)
        return
    key, said, shown, labels = change
    root.add(
        Film(
            key,
            None if said is None else list(spread(said)),
            root.near_topics([1, 2, 3, 4]),
            labels,
            texts=None if shown is None else [Written(0, 900, text) for text in shown],
        )
    )


def spread(texts: list[str]) -> Iterator[Line]:
    for place, text in enumerate(texts):
        yield Line(1000 * place, 1000 * place + 900, text, "de" if "Hund" in text else "en")


def test_only_what_has_changed_is_read(root: SyntheticRoot) -> None:
    for key in VIDEOS:
        root.add(Film(key, [Line(0, 900, "the fox")]))
    publish(root.workspace)
    root.add(Film(VIDEOS[3], [Line(0, 900, "another fox")]))
    with mock.patch.object(snapshot_rows, "read", wraps=snapshot_rows.read) as read:
        publish(root.workspace)
        assert [call.args[0].fingerprint for call in read.call_args_list] == [VIDEOS[3]]
        publish(root.workspace, anew=True)
        assert read.call_count == 1 + len(VIDEOS)


def test_a_corrupt_artifact_is_read_again_until_it_is_whole(root: SyntheticRoot) -> None:
    root.add(Film(VIDEOS[0], [Line(0, 900, "the fox")]))
    path = root.workspace.paths.artifact(VIDEOS[0], Stage.TRANSCRIPT)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert publish(root.workspace).segments == 0
    assert publish(root.workspace).segments == 0
    reasons = Snapshot.open(root.workspace.paths).rows("SELECT transcript_reason FROM videos")
    assert reasons == [("ARTIFACT_CORRUPT",)]
    path.write_bytes(whole)
    assert publish(root.workspace).segments == 1


@pytest.mark.parametrize("damage", ["cut", "overwritten", "no table"])
def test_nothing_is_taken_over_from_a_damaged_snapshot(root: SyntheticRoot, damage: str) -> None:
    root.fill(30, lines=20)
    path = files.file_of(root.workspace.paths, publish(root.workspace).number)
    if damage == "no table":
        with files.connect(path, read_only=False) as db:
            db.execute("DROP TABLE sources")
    else:
        content = bytearray(path.read_bytes())
        half = len(content) // 2
        content[half:] = b"" if damage == "cut" else b"\xa5" * len(content[half:])
        path.write_bytes(content)
    assert publish(root.workspace).segments == 600
