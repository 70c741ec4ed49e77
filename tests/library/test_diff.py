"""The pure half of a scan: any trade of names among files is told as moves."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.library.diff import Kind, changes, compare
from gaze_pipeline.library.walk import SeenFile
from gaze_pipeline.store.catalog.rows import FileRow

ROOT = Path("/films")
paths = st.sampled_from([ROOT / f"{name}.mp4" for name in "abcdef"])


def row(path: Path, video: str) -> FileRow:
    return FileRow(path, "films", len(video), 1, video, inode=hash(video) % 1000 + 1)


def seen(path: Path, video: str, mtime_ns: int = 2) -> SeenFile:
    return SeenFile(path, "films", len(video), mtime_ns, 0, 1, hash(video) % 1000 + 1)


@given(st.permutations(range(6)), st.integers(1, 6))
def test_any_trade_of_names_is_told_as_moves(order: list[int], count: int) -> None:
    names = [ROOT / f"{name}.mp4" for name in "abcdef"]
    videos = [f"video {index}" for index in range(count)]
    known = {names[i]: row(names[i], videos[i]) for i in range(count)}
    now = {names[order[i]]: videos[i] for i in range(count)}
    found = compare(known, [seen(path, video, 1) for path, video in now.items()], known.values())
    assert {file.path for file in found.to_read} == {
        path for path, video in now.items() if path not in known or known[path].fingerprint != video
    }
    read = [(file, now[file.path]) for file in found.to_read]
    told = changes(read, known, found.missing, held=set(), registered=set(videos))
    assert all(change.kind is Kind.MOVED for change in told)
    assert {(change.source and change.source.path, change.file.path) for change in told} == {
        (names[i], names[order[i]]) for i in range(count) if i != order[i]
    }


@given(
    st.dictionaries(paths, st.sampled_from("xyz")),
    st.dictionaries(paths, st.sampled_from("xyz")),
)
def test_every_file_is_told_once_and_every_source_used_once(
    before: dict[Path, str], now: dict[Path, str]
) -> None:
    known = {path: row(path, video) for path, video in before.items()}
    found = compare(known, [seen(path, video) for path, video in now.items()], known.values())
    read = [(file, now[file.path]) for file in found.to_read]
    told = changes(read, known, found.missing, held=set(), registered=set("xy"))
    assert [change.file for change in told] == [file for file, _ in read]
    sources = [change.source.path for change in told if change.source]
    assert len(sources) == len(set(sources))
    for change in told:
        was = before.get(change.file.path)
        assert (change.kind is Kind.SAME) == (was == change.fingerprint)
        if change.source is not None:
            assert change.source.fingerprint == change.fingerprint
            assert now.get(change.source.path) != change.fingerprint
        if change.kind is Kind.NEW:
            assert change.fingerprint == "z"
