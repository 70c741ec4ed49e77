"""The search for what is left: each kind of leaving, planted in each store, is found and named."""

from __future__ import annotations

import random
import sqlite3
import zlib
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gaze_pipeline.forgetting.forget import staying
from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.forgetting.traces import Traces
from gaze_pipeline.forgetting.verify import CHUNK_BYTES, verify
from gaze_pipeline.settings import Library
from gaze_pipeline.store import schemas
from gaze_pipeline.store.vector_reader import connect
from gaze_pipeline.workspace import Workspace
from tests.forgetting.conftest import PATH, SAID, SECRET, STAYS, Shelf

PHRASE = "Zebrafish quartzite umbrella"


@pytest.fixture
def shelf(bare: Shelf) -> Shelf:
    return bare


@pytest.fixture
def needles(shelf: Shelf) -> Needles:
    traces = Traces(SECRET, SECRET, (str(PATH),), (SAID, "and so my fellow Americans"))
    return Needles.of([traces], staying(shelf.workspace, [traces]))


def left(workspace: Workspace, needles: Needles) -> list[str]:
    return verify(workspace, needles).left


def test_nothing_is_found_where_nothing_is(shelf: Shelf, needles: Needles) -> None:
    assert left(shelf.workspace, needles) == []


@pytest.mark.parametrize(
    "text",
    [
        SECRET.encode(),
        SECRET.encode("utf-16-le"),
        PHRASE.encode(),
        bytes(PATH),
        b"My%20h%C3%B6liday%20%22film%22.mp4",
        b'My h\\u00f6liday \\"film\\".mp4',
        'My höliday \\"film\\".mp4'.encode(),
    ],
    ids=["fingerprint", "utf-16", "phrase", "path", "address", "json", "json-unicode"],
)
def test_bytes_are_found_in_any_file_also_across_chunks(
    text: bytes, shelf: Shelf, needles: Needles
) -> None:
    place = shelf.workspace.paths.dagster_home / "storage" / "any" / "thing.bin"
    place.parent.mkdir(parents=True)
    for padding in (0, CHUNK_BYTES - 5):
        place.write_bytes(b"\x00" * padding + text + b"\xff")
        assert any("thing.bin" in each for each in left(shelf.workspace, needles)), padding


def test_names_of_files_count(shelf: Shelf, needles: Needles) -> None:
    clip = shelf.workspace.paths.clips / f"{SECRET}-0-end-remux@0.mp4"
    clip.parent.mkdir()
    clip.touch()
    assert left(shelf.workspace, needles) == [f"clips/{clip.name}: its name"]


def test_compressed_parquet_is_read(shelf: Shelf, needles: Needles) -> None:
    row = {
        "fingerprint": STAYS,
        "segment_index": 0,
        "start_ms": 0,
        "end_ms": 1,
        "text": "only the word QUARTZITE",
        "language": "en",
        "confidence": 1.0,
        "words": [{"start_ms": 0, "end_ms": 1, "word": "zebrafish", "probability": 1.0}],
    }
    place = shelf.workspace.paths.video(STAYS) / "transcript.parquet"
    said = ["".join(random.Random(n).choices("aeiou rstln", k=99)) for n in range(99)]
    rows = [{**row, "text": text} for text in (*said, row["text"])]
    table = pa.Table.from_pylist(rows, schema=schemas.TRANSCRIPT)
    pq.write_table(table, place, compression="zstd", write_statistics=False)
    assert b"QUARTZITE" not in place.read_bytes()
    found = left(shelf.workspace, needles)
    assert any("'quartzite'" in each for each in found)
    assert any("'zebrafish'" in each for each in found)


def test_words_of_the_index_are_read(shelf: Shelf, needles: Needles) -> None:
    place = next(shelf.workspace.paths.index.glob("*.duckdb"))
    with duckdb.connect(str(place)) as db:
        db.execute("INSERT INTO fts_main_segments.dict VALUES (99999, 'quartzite', 1)")
    assert any("dict.term: the word 'quartzite'" in e for e in left(shelf.workspace, needles))


def test_words_that_others_say_too_prove_nothing(shelf: Shelf, needles: Needles) -> None:
    shelf.add("f" * 16, "an umbrella over it, and so my fellow Americans")
    assert left(shelf.workspace, needles) == []
    assert "umbrella" not in needles.words
    assert b"and so my" not in needles.phrases
    assert "quartzite" in needles.words


def test_every_version_of_the_vectors_is_read(shelf: Shelf, needles: Needles) -> None:
    paths = shelf.workspace.paths
    table = connect(paths).open_table(next(paths.vectors.glob("*.lance")).stem)
    rows = table.search().limit(2000).to_arrow()
    column = pa.array([SECRET] * rows.num_rows)
    table.add(rows.set_column(0, "fingerprint", column))
    table.restore(table.version - 1)
    assert any("version" in each for each in left(shelf.workspace, needles))


def test_sqlite_is_read_across_its_pages_and_through_zlib(shelf: Shelf, needles: Needles) -> None:
    place = shelf.workspace.paths.dagster_home / "history" / "runs.db"
    place.parent.mkdir(parents=True)
    for value in (("x" * 40 + SECRET) * 500, zlib.compress(SECRET.encode() * 9)):
        place.unlink(missing_ok=True)
        db = sqlite3.connect(place)
        db.execute("CREATE TABLE snapshots (body)")
        db.execute("INSERT INTO snapshots VALUES (?)", (value,))
        db.commit()
        db.close()
        assert any("snapshots" in each for each in left(shelf.workspace, needles))


def test_a_library_inside_the_data_root_is_the_users_own(shelf: Shelf, needles: Needles) -> None:
    folder = shelf.workspace.paths.root / "demo-videos"
    folder.mkdir()
    (folder / "notes.txt").write_text(f"{SECRET} {SAID}")
    settings = shelf.workspace.settings
    library = Library(name="demo", path=folder)
    inside = Workspace(settings.model_copy(update={"libraries": [library]}))
    assert left(shelf.workspace, needles)
    assert left(inside, needles) == []


def test_a_common_name_of_a_file_is_not_searched_for() -> None:
    trace = Traces("x", "a" * 16, ("/one/VID_0001.mp4", "/two/b.mp4"))
    needles = Needles.of([trace], ["/other/VID_0001.mp4"])
    assert b"VID_0001.mp4" not in needles.names
    assert b"/one/VID_0001.mp4" in needles.names
    assert ("a" * 16).encode() in needles.names


def test_a_surrogate_in_a_name_is_no_obstacle() -> None:
    path = Path("/one") / b"caf\xe9 holiday.mp4".decode("utf-8", "surrogateescape")
    trace = Traces.parse(str(Traces("x", "a" * 16, (str(path),))))
    assert bytes(path) in Needles.of([trace], []).names
