"""The vector table: in line with what is wanted, readable at old versions, cleaned of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store import schemas, vector_index, vector_reader
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.vectors import VectorReader, VectorStore
from tests.support.synthetic import unit

DIMENSIONS = 16
Labels = Mapping[int, list[str]]


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    return DataPaths(tmp_path)


def rows(fingerprint: str, count: int, labels: Labels | None = None, seed: int = 0) -> pa.Table:
    vectors = unit(
        np.random.default_rng([seed, *fingerprint.encode()]).standard_normal((count, DIMENSIONS))
    )
    flat = pa.array(vectors.astype(np.float16).ravel())
    contract = [
        pa.array([fingerprint] * count, pa.string()),
        pa.array(range(count), pa.int32()),
        pa.array([2000 * index for index in range(count)], pa.int64()),
        pa.array(["m"] * count, pa.string()),
        pa.FixedSizeListArray.from_arrays(flat, DIMENSIONS),
    ]
    table = pa.Table.from_arrays(contract, schema=schemas.embeddings(DIMENSIONS))
    columns = {
        "labels": pa.array(
            [(labels or {}).get(index, []) for index in range(count)], pa.list_(pa.string())
        ),
        "shot": pa.array([0] * count, pa.int32()),
        "start_ms": pa.array([2000 * index for index in range(count)], pa.int64()),
        "end_ms": pa.array([2000 * index + 2000 for index in range(count)], pa.int64()),
    }
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def vector(table: pa.Table, index: int) -> np.ndarray:
    return np.asarray(table["vector"][index].as_py(), np.float32)


def sync(
    store: VectorStore, videos: Mapping[str, pa.Table], source: str = "1"
) -> dict[str, GazeError]:
    return store.sync(dict.fromkeys(videos, source), videos.__getitem__)


def read(paths: DataPaths, store: VectorStore, snapshot: int = 1) -> VectorReader:
    version = store.pin(snapshot)
    assert version is not None
    return VectorReader(paths, store.name, version)


def held(reader: VectorReader) -> dict[str, int]:
    found = pa.table(reader.nearest(np.ones(DIMENSIONS, np.float32), 10_000))
    return {row["values"]: row["counts"] for row in found["fingerprint"].value_counts().to_pylist()}


def test_the_nearest_frame_comes_first_with_its_cosine(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    videos = {"a": rows("a", 20), "b": rows("b'", 20)}
    sync(store, videos)
    found = pa.table(read(paths, store).nearest(vector(videos["a"], 7), 5)).to_pylist()
    assert (found[0]["fingerprint"], found[0]["frame_index"]) == ("a", 7)
    assert found[0]["timestamp_ms"] == 14_000
    assert found[0]["cosine"] == pytest.approx(1, abs=0.01)
    cosines = [row["cosine"] for row in found]
    assert cosines == sorted(cosines, reverse=True)


def test_filters_keep_any_of_the_labels_and_the_named_videos(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    sync(
        store,
        {"a": rows("a", 9, {1: ["dog"], 2: ["cat", "it's"]}), "b": rows("b", 9, {3: ["dog"]})},
    )
    reader = read(paths, store)
    query = np.ones(DIMENSIONS, np.float32)

    def frames(**filters: list[str]) -> set[tuple[str, int]]:
        found = pa.table(reader.nearest(query, 100, **filters)).to_pylist()
        return {(row["fingerprint"], row["frame_index"]) for row in found}

    assert frames(labels=["dog"]) == {("a", 1), ("b", 3)}
    assert frames(labels=["it's", "dog"]) == {("a", 1), ("a", 2), ("b", 3)}
    assert frames(labels=["dog"], fingerprints=["b"]) == {("b", 3)}
    assert frames(fingerprints=[]) == set()


def test_only_what_changed_is_read_again(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    sync(store, {"a": rows("a", 3), "b": rows("b", 4)})
    asked: list[str] = []

    def reading(fingerprint: str) -> pa.Table:
        asked.append(fingerprint)
        return rows(fingerprint, 5, seed=1)

    store.sync({"a": "1", "b": "2", "c": "1"}, reading)
    assert sorted(asked) == ["b", "c"]
    assert held(read(paths, store)) == {"a": 3, "b": 5, "c": 5}


def test_a_video_that_is_gone_leaves(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    sync(store, {"a": rows("a", 3), "b": rows("b", 4)})
    sync(store, {"b": rows("b", 4)})
    assert held(read(paths, store)) == {"b": 4}


def test_an_unreadable_video_is_left_out_and_named(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")

    def reading(fingerprint: str) -> pa.Table:
        if fingerprint == "a":
            raise GazeError(ErrorCode.ARTIFACT_CORRUPT, "a")
        return rows(fingerprint, 3)

    failed = store.sync({"a": "1", "b": "1"}, reading)
    assert {key: error.code for key, error in failed.items()} == {"a": ErrorCode.ARTIFACT_CORRUPT}
    assert held(read(paths, store)) == {"b": 3}


def test_vectors_of_other_dimensions_are_left_out(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    sync(store, {"a": rows("a", 3)})
    narrow = rows("b", 2)
    flat = pa.array(np.zeros(2 * 8, np.float16))
    narrow = narrow.set_column(4, "vector", pa.FixedSizeListArray.from_arrays(flat, 8))
    failed = store.sync({"a": "1", "b": "1"}, {"b": narrow}.__getitem__)
    assert {key: error.code for key, error in failed.items()} == {"b": ErrorCode.ARTIFACT_CORRUPT}
    assert held(read(paths, store)) == {"a": 3}


def test_a_pinned_version_stays_as_it_was(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    sync(store, {"a": rows("a", 3)})
    old = read(paths, store, snapshot=1)
    sync(store, {"b": rows("b", 4)})
    new = read(paths, store, snapshot=2)
    store.clean([1, 2])
    assert (held(old), held(new)) == ({"a": 3}, {"b": 4})


def test_without_videos_there_is_no_table(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    assert sync(store, {}) == {}
    assert store.pin(1) is None
    assert store.rows() == 0
    store.clean([1])


def test_the_table_of_another_model_goes_when_no_snapshot_reads_it(paths: DataPaths) -> None:
    old = VectorStore(paths, "old")
    sync(old, {"a": rows("a", 3)})
    reader = read(paths, old, snapshot=1)
    new = VectorStore(paths, "new")
    sync(new, {"a": rows("a", 3)})
    new.pin(2)
    new.clean([1, 2])
    assert held(reader) == {"a": 3}
    new.clean([2, 3])
    assert old.rows() == 0
    assert new.rows() == 3


def test_many_rows_get_a_vector_index_that_finds_the_same(paths: DataPaths) -> None:
    store = VectorStore(paths, "m", index_from=500)
    videos = {f"{number:02}": rows(f"{number:02}", 60) for number in range(10)}
    sync(store, videos)
    reader = read(paths, store)
    for index in range(0, 60, 7):
        best = pa.table(reader.nearest(vector(videos["03"], index), 50)).to_pylist()[0]
        assert (best["fingerprint"], best["frame_index"]) == ("03", index)
    within = reader.nearest(vector(videos["03"], 0), 1000, fingerprints=["05", "07"])
    assert sorted(within["fingerprint"].tolist()) == ["05"] * 60 + ["07"] * 60
    sync(store, {**videos, "zz": rows("zz", 60)})
    late = pa.table(read(paths, store, 2).nearest(vector(rows("zz", 60), 5), 50)).to_pylist()[0]
    assert (late["fingerprint"], late["frame_index"]) == ("zz", 5)


@pytest.mark.parametrize(("index_from", "ahead"), [(500, True), (1000, False)])
def test_the_vectors_of_an_indexed_table_are_read_ahead(
    paths: DataPaths, monkeypatch: pytest.MonkeyPatch, index_from: int, ahead: bool
) -> None:
    files: list[Path] = []
    monkeypatch.setattr(vector_reader, "read_ahead", files.extend)
    store = VectorStore(paths, "m", index_from=index_from)
    sync(store, {f"{number:02}": rows(f"{number:02}", 60) for number in range(10)})
    read(paths, store).nearest(np.ones(DIMENSIONS, np.float32), 1)
    held = sum(file.stat().st_size for file in files)
    assert (held >= 600 * DIMENSIONS * 2) == ahead  # every vector, in 16 bits


def test_news_is_found_before_and_after_it_is_indexed(
    paths: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"NEWS_ROWS": 50, "PARTS": 2, "PARTS_OVERNIGHT": 1, "PIECES": 3}.items():
        monkeypatch.setattr(vector_index, name, value)
    store = VectorStore(paths, "m", index_from=100)
    videos = {"first": rows("first", 120)}
    parts, news = set(), set()
    for number in range(8):
        name = f"{number:02}"
        videos[name] = rows(name, 20)
        sync(store, videos)
        reader = read(paths, store, number + 1)
        for key in ("first", name):
            best = pa.table(reader.nearest(vector(videos[key], 7), 50)).to_pylist()[0]
            assert (best["fingerprint"], best["frame_index"]) == (key, 7)
        stats = store._table().index_stats("vector_idx")
        parts.add(stats.num_indices)
        news.add(stats.num_unindexed_rows)
        store.clean([number, number + 1])
    assert max(parts) == 2
    assert 0 < max(news) <= 50
    store.renew()
    store.clean([8], most=0)
    assert store._table().index_stats("vector_idx").num_indices == 1
    assert held(read(paths, store, 9)) == {key: table.num_rows for key, table in videos.items()}


def test_a_sample_spreads_over_the_whole_table(paths: DataPaths) -> None:
    store = VectorStore(paths, "m")
    sync(store, {"a": rows("a", 30), "b": rows("b", 30)})
    reader = read(paths, store)
    assert reader.sample(1000)[0].shape == (60, DIMENSIONS)
    assert reader.sample(7)[0].shape == (7, DIMENSIONS)
    assert np.linalg.norm(reader.sample(7)[0], axis=1) == pytest.approx(1, abs=0.01)
