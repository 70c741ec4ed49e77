"""Publication: whole or not at all, honest about what it leaves out, never in a reader's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store import snapshot as publishing
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.store.snapshot import current_revision, publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from tests.support.synthetic import Film, Line, SyntheticRoot, said

A, B, C = "a" * 16, "b" * 16, "c" * 16
FOX = Line(0, 2000, "the quick brown fox")


def reasons(snapshot: Snapshot, column: str) -> dict[str, str | None]:
    return dict(snapshot.rows(f"SELECT fingerprint, {column} FROM videos"))


def test_what_the_stages_made_can_be_read(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX, Line(2500, 4000, "jumps")], root.near_topics([1, 2]), {1: ["dog"]}))
    info = publish(root.workspace)
    assert (info.number, info.videos, info.segments, info.frames, info.vectors) == (1, 1, 2, 2, 2)
    snapshot = Snapshot.open(root.settings.paths)
    assert said(snapshot, "fox") == ["the quick brown fox"]
    assert snapshot.rows("SELECT label, timestamp_ms FROM detections") == [("dog", 2000)]
    assert snapshot.rows("SELECT timestamp_ms, until_ms FROM frames ORDER BY 1") == [
        (0, 2000),
        (2000, 4000),
    ]
    assert snapshot.vectors is not None
    best = snapshot.vectors.nearest(root.topics[2], 1)
    assert (best["fingerprint"][0], best["frame_index"][0]) == (A, 1)


def test_nothing_published_is_said_so(root: SyntheticRoot) -> None:
    with pytest.raises(GazeError) as raised:
        Snapshot.open(root.settings.paths)
    assert raised.value.code is ErrorCode.INDEX_MISSING
    assert current_revision(root.settings.paths) is None


def test_an_empty_library_can_be_published(root: SyntheticRoot) -> None:
    assert publish(root.workspace).videos == 0
    assert said(Snapshot.open(root.settings.paths), "fox") == []


def test_what_another_version_published_is_published_anew(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX]))
    paths, info = root.settings.paths, publish(root.workspace)
    files.point_to(paths, info.model_copy(update={"layout": files.LAYOUT - 1}))
    with pytest.raises(GazeError) as raised:
        Snapshot.open(paths)
    assert raised.value.code is ErrorCode.INDEX_OUTDATED
    assert current_revision(paths) is None
    publish(root.workspace)
    assert said(Snapshot.open(paths), "fox") == ["the quick brown fox"]


@pytest.mark.parametrize("damage", ["pointer", "file", "gone"])
def test_a_damaged_index_is_said_so_and_mended_by_publishing(
    root: SyntheticRoot, damage: str
) -> None:
    root.add(Film(A, [FOX]))
    paths, number = root.settings.paths, publish(root.workspace).number
    if damage == "pointer":
        (paths.index / "CURRENT").write_text("nonsense")
    elif damage == "file":
        files.file_of(paths, number).write_bytes(b"nonsense" * 1000)
    else:
        files.file_of(paths, number).unlink()
        assert current_revision(paths) is None
    with pytest.raises(GazeError) as raised:
        Snapshot.open(paths)
    assert raised.value.code is ErrorCode.INDEX_CORRUPT
    assert publish(root.workspace).number > number or damage == "pointer"
    assert said(Snapshot.open(paths), "fox")


def test_the_last_two_snapshots_stay(root: SyntheticRoot) -> None:
    numbers = [publish(root.workspace).number for _ in range(4)]
    assert numbers == [1, 2, 3, 4]
    left = sorted(path.name for path in root.settings.paths.index.glob("search-*"))
    assert left == ["search-00000003.duckdb", "search-00000004.duckdb"]


def test_an_open_snapshot_keeps_answering_while_others_replace_it(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX], root.near_topics([1])))
    publish(root.workspace)
    old = Snapshot.open(root.settings.paths)
    for name in "bcd":
        root.add(Film(name * 16, [FOX], root.near_topics([1])))
        publish(root.workspace)
    assert len(said(old, "fox")) == 1
    assert len(said(Snapshot.open(root.settings.paths), "fox")) == 4


def test_the_revision_is_that_before_reading(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX]))
    assert publish(root.workspace).revision == root.workspace.catalog.revision()
    assert current_revision(root.settings.paths) == root.workspace.catalog.revision()
    root.add(Film(B, [FOX]))
    assert current_revision(root.settings.paths) != root.workspace.catalog.revision()


@pytest.mark.parametrize("content", [b"", b"PAR1 but not really", None])
@pytest.mark.parametrize(
    "stage", [Stage.TRANSCRIPT, Stage.FRAMES, Stage.DETECTIONS, Stage.EMBEDDINGS]
)
def test_a_corrupt_artifact_is_left_out_with_its_reason(
    root: SyntheticRoot, stage: Stage, content: bytes | None
) -> None:
    for key in (A, B):
        root.add(Film(key, [FOX], root.near_topics([1]), {0: ["dog"]}))
    path = root.settings.paths.artifact(A, stage)
    path.write_bytes(path.read_bytes()[:-200] if content is None else content)
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    column = {
        Stage.TRANSCRIPT: "transcript_reason",
        Stage.DETECTIONS: "labels_reason",
        Stage.EMBEDDINGS: "visual_reason",
    }.get(stage)
    assert len(said(snapshot, "fox")) == (1 if stage is Stage.TRANSCRIPT else 2)
    if column:
        assert reasons(snapshot, column) == {A: "ARTIFACT_CORRUPT", B: None}


def test_corrupt_facts_cost_nothing_else(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX]))
    root.settings.paths.facts(A).write_bytes(b"nonsense")
    publish(root.workspace)
    assert said(Snapshot.open(root.settings.paths), "fox")


def test_an_artifact_made_by_another_program_is_corrupt(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX]))
    paths = root.settings.paths
    paths.artifact(A, Stage.TRANSCRIPT).write_bytes(paths.artifact(A, Stage.AUDIO).read_bytes())
    publish(root.workspace)
    snapshot = Snapshot.open(paths)
    assert reasons(snapshot, "transcript_reason") == {A: "ARTIFACT_CORRUPT"}


def test_a_channel_that_is_not_done_says_why(root: SyntheticRoot) -> None:
    catalog = root.workspace.catalog
    for key in (A, B, C):
        root.add(Film(key, None))
        catalog.stages.reset(key, Stage.EMBEDDINGS)
        catalog.stages.reset(key, Stage.TRANSCRIPT)
    catalog.stages.settle(A, Stage.EMBEDDINGS, Status.WAITING, ErrorCode.MODEL_MISSING)
    catalog.stages.start(A, Stage.TRANSCRIPT)
    catalog.stages.reset(B, Stage.FRAMES)
    catalog.stages.settle(B, Stage.FRAMES, Status.FAILED, ErrorCode.FILE_DAMAGED, "no frame")
    catalog.requests.cancel({C: [Stage.TRANSCRIPT]})
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    assert reasons(snapshot, "visual_reason") == {
        A: "MODEL_MISSING",
        B: "FILE_DAMAGED",
        C: "QUEUED",
    }
    assert reasons(snapshot, "transcript_reason") == {
        A: "TRANSCRIBING",
        B: "QUEUED",
        C: "CANCELLED",
    }


def test_vectors_of_another_model_wait_to_be_made_again(root: SyntheticRoot) -> None:
    root.add(Film(A, (), root.near_topics([1])))
    table = root.workspace.artifacts.read(A, Stage.EMBEDDINGS)
    root.workspace.artifacts.write(A, Stage.EMBEDDINGS, table, Recipe("another-model"))
    info = publish(root.workspace)
    assert info.vectors == 0
    snapshot = Snapshot.open(root.settings.paths)
    assert snapshot.vectors is None
    assert reasons(snapshot, "visual_reason") == {A: "QUEUED"}


def test_a_forgotten_video_leaves_every_table(root: SyntheticRoot) -> None:
    for key in (A, B):
        root.add(Film(key, [FOX], root.near_topics([1, 1]), {0: ["dog"]}))
    publish(root.workspace)
    root.workspace.catalog.videos.remove(A)
    info = publish(root.workspace)
    assert (info.videos, info.segments, info.frames, info.vectors) == (1, 1, 2, 2)
    snapshot = Snapshot.open(root.settings.paths)
    for table in ("videos", "files", "segments", "frames", "detections"):
        assert snapshot.rows(f"SELECT count(*) FROM {table} WHERE fingerprint = '{A}'") == [(0,)]


def test_file_names_need_not_be_text(root: SyntheticRoot) -> None:
    name = b"/films/caf\xe9 \xf0\x9f\x8e\xac.mp4"
    root.add(Film(A, [FOX], path=Path(os.fsdecode(name))))
    publish(root.workspace)
    rows = Snapshot.open(root.settings.paths).rows("SELECT path, path_bytes FROM files")
    assert rows == [("/films/caf\ufffd 🎬.mp4", name)]


class Crash(BaseException):
    """What no code catches, as a kill would not be."""


@pytest.mark.parametrize(
    "step", ["sync_vectors", "fill", "files.point_to", "files.sweep", "VectorStore.clean"]
)
def test_a_crash_at_any_step_leaves_a_sound_snapshot(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    root.add(Film(A, [FOX], root.near_topics([1])))
    publish(root.workspace)
    root.add(Film(B, [FOX], root.near_topics([1])))

    def crash(*args: object, **kwargs: object) -> None:
        raise Crash

    *owners, name = step.split(".")
    owner = getattr(publishing, owners[0]) if owners else publishing
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, crash)
            with pytest.raises(Crash):
                publish(root.workspace)
        assert len(said(Snapshot.open(root.settings.paths), "fox")) in (1, 2)
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    assert len(said(snapshot, "fox")) == 2
    assert snapshot.vectors is not None
    assert len(snapshot.vectors.nearest(root.topics[1], 100)["cosine"]) == 2
    leavings = [p.name for p in root.settings.paths.index.iterdir() if p.name.endswith(".tmp")]
    assert leavings == []


PUBLISHER = """
import sys
from pathlib import Path
from tests.support.synthetic import SyntheticRoot
from gaze_pipeline.store.snapshot import publish
root = SyntheticRoot(Path(sys.argv[1]))
publish(root.workspace)
print("published", flush=True)
while True:
    publish(root.workspace)
"""


@pytest.mark.slow
def test_a_killed_publisher_leaves_a_sound_snapshot(root: SyntheticRoot) -> None:
    root.fill(20, lines=50, frames=10)
    for delay_s in (0.01, 0.1, 0.3, 0.7):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(root.root)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        snapshot = Snapshot.open(root.settings.paths)
        assert snapshot.rows("SELECT count(*) FROM segments") == [(1000,)]
        assert snapshot.vectors is not None
    publish(root.workspace)
    assert len(list(root.settings.paths.index.glob(".search-*"))) == 0


def test_two_publishers_take_turns(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX], root.near_topics([1])))
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.append(publish(root.workspace).number))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3]


def test_a_full_disk_is_said_so(root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing, "fill", fill)
    with pytest.raises(GazeError) as raised:
        publish(root.workspace)
    assert raised.value.code is ErrorCode.DISK_FULL


def test_each_videos_rows_lie_together_in_the_order_of_time(root: SyntheticRoot) -> None:
    for key in (C, A, B):
        lines = [FOX, Line(2500, 4000, f"jumps in {key}")]
        root.add(Film(key, lines, root.near_topics([1, 2, 3]), {0: ["dog", "cat"], 2: ["dog"]}))
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    columns = snapshot.columns
    assert columns.fingerprints == [A, B, C]
    for number, key in enumerate(columns.fingerprints):
        start = int(columns.lines.starts[number])
        texts = snapshot.rows(f"SELECT fingerprint, text FROM segments WHERE id = {start + 1}")
        assert texts == [(key, f"jumps in {key}")]
        assert columns.lines.of(number)["start_ms"].tolist() == [0, 2500]
        assert columns.frames.of(number)["timestamp_ms"].tolist() == [0, 2000, 4000]
        seen = columns.sightings.of(number)
        assert [columns.labels[label] for label in seen["label"]] == ["cat", "dog", "dog"]
        assert seen["until_ms"].tolist() == [2000, 2000, 6000]
