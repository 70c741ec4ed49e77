"""Queries over a published library: each operator finds exactly what it says, in the channel it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Mode, SearchRequest, SearchResponse
from tests.search.test_parser import TYPED
from tests.support.synthetic import Film, Line, SyntheticRoot

Open = Callable[..., Engine]
A, B, C, D = "a" * 16, "b" * 16, "c" * 16, "d" * 16
PARTY = Film(
    A,
    [
        Line(0, 2000, "Good morning everybody"),
        Line(10_000, 12_000, "Now we all sing happy"),
        Line(12_200, 14_000, "birthday to you, dear Anna"),
        Line(60_000, 62_000, "What a birthday, I'm happy"),
    ],
    labels={5: ["cake", "person"], 30: ["person"]},
    frames=40,
    path=Path("/films/Trips/2024/party.mp4"),
)
STREET = Film(
    B,
    [Line(0, 2000, "The dog barks at a running man"), Line(20_000, 22_000, "a cat, and covid-19")],
    labels={0: ["dog"], 10: ["cat", "dog"]},
    frames=20,
    library="street",
    path=Path("/street/walk.mp4"),
)
BERLIN = Film(
    C,
    [Line(0, 2000, "Ein Hund läuft durch die Straße", "de"), Line(9000, 9500, "the dog", "en")],
    frames=10,
    path=Path("/films/Berlin/hund.mp4"),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    root = SyntheticRoot(tmp_path_factory.mktemp("language") / "data")
    for film, year in ((PARTY, 2022), (STREET, 2023), (BERLIN, 2024)):
        root.add(film)
        catalog = root.workspace.catalog
        (row,) = catalog.videos.get(film.fingerprint).files
        moment = datetime(year, 6, 1, 12).timestamp()
        catalog.files.record([replace(row, mtime_ns=int(moment * 1e9))])
    publish(root.workspace)
    return Engine(root.settings)


def search(engine: Engine, query: str, **request: object) -> SearchResponse:
    return engine.search(SearchRequest.model_validate({"query": query, **request}))


def places(engine: Engine, query: str, **request: object) -> set[tuple[str, int]]:
    return {(m.fingerprint[0], m.start_ms) for m in search(engine, query, **request).moments}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("happy", {("a", 10_000), ("a", 60_000)}),
        ('"happy birthday"', {("a", 10_000)}),
        ('"birthday I\'m happy"', {("a", 60_000)}),
        ('"dear anna" birthday', {("a", 12_200)}),
        ('"happy birthday" dog', {("a", 10_000)}),
        ('"running"', {("b", 0)}),
        ('"run"', set()),
        ("run", {("b", 0)}),
        ("birth*", {("a", 12_200), ("a", 60_000)}),
        ('"happy birth*"', {("a", 10_000)}),
        ("cat OR anna", {("a", 12_200), ("b", 20_000)}),
        ('cat OR "dear anna" OR zebra', {("a", 12_200), ("b", 20_000)}),
        ("birthday -happy", {("a", 12_200)}),
        ('birthday -"dear anna"', {("a", 60_000)}),
        ("birthday NOT anna", {("a", 60_000)}),
        ("dog -bark*", {("c", 9000)}),
        ("covid19", {("b", 20_000)}),
        ('"covid 19"', {("b", 20_000)}),
        ('"Straße"', {("c", 0)}),
        ("say:dog", {("b", 0), ("c", 9000)}),
        ('say:"good morning"', {("a", 0)}),
        ("dog lang:de", set()),
        ("hund lang:German", {("c", 0)}),
        ("dog lang:en", {("b", 0), ("c", 9000)}),
        ("hund OR dog -lang:en", {("c", 0)}),
        ("dog library:street", {("b", 0)}),
        ("dog library:STREET library:films", {("b", 0), ("c", 9000)}),
        ("dog -library:street", {("c", 9000)}),
        ("dog in:berlin", {("c", 9000)}),
        ("dog -in:berlin", {("b", 0)}),
        ("happy in:trips/2024", {("a", 10_000), ("a", 60_000)}),
        ("happy in:2024/trips", set()),
        ("happy in:rips", set()),
        ("dog before:2024", {("b", 0)}),
        ("dog after:2024-01", {("c", 9000)}),
        ("dog after:2023-06-01 before:2023-06-02", {("b", 0)}),
        ("dog after:2023-06-02 before:2024/06/01", set()),
        ("dog label:dog", {("b", 0)}),
        ("cat label:Dog label:cat", {("b", 20_000)}),
        ("cat -label:dog", set()),
        ("label:cake", {("a", 10_000)}),
        ("label:cat OR label:cake", {("a", 10_000), ("b", 20_000)}),
        ("label:dog -label:cat", {("b", 0)}),
        ("label:dog -cat", {("b", 0)}),
    ],
)
def test_speech_and_labels_are_matched_exactly(
    engine: Engine, query: str, expected: set[tuple[str, int]]
) -> None:
    assert places(engine, query) == expected


def test_an_excluded_line_parts_what_lies_on_both_sides_of_it(published: Open) -> None:
    lines = [Line(0, 1000, "red fox"), Line(1100, 1300, "no wolf"), Line(1400, 2400, "red fox")]
    engine = published(Film(A, lines))
    assert places(engine, "fox") == {("a", 0)}
    assert places(engine, "fox -wolf") == {("a", 0), ("a", 1400)}


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("label:dgo", "close to it: dog"),
        ("dog library:stret", "close to it: street"),
        ("dog lang:fr", "Nothing is said in French (fr); spoken: German (de), English (en)"),
        ("dog in:berlni", "close to it: Berlin"),
        ("dog before:tuesday", "tuesday is no date"),
        ("label:dog OR cat", "stands in an OR with words"),
        ('"happy', "never closed"),
    ],
)
def test_what_the_library_does_not_know_is_explained(engine: Engine, query: str, note: str) -> None:
    told = search(engine, query).reading.notes
    assert any(note in line for line in told), told


def test_an_answer_tells_how_the_query_was_read(engine: Engine) -> None:
    reading = search(engine, "say:“happy birthday” with label:cake library:films").reading
    assert reading.text == 'say:"happy birthday" WITH label:cake library:films'
    assert reading.notes == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", ""),
        ('"" -', ""),
        ("library:films", "where to look"),
        ("lang:de before:2024", "where to look"),
        ("-dog", "leave out"),
        ("-label:dog", "leave out"),
    ],
)
def test_a_query_that_asks_for_nothing_says_so(engine: Engine, query: str, detail: str) -> None:
    with pytest.raises(GazeError) as raised:
        search(engine, query)
    assert raised.value.code is ErrorCode.QUERY_EMPTY
    assert detail in raised.value.detail


@given(TYPED, st.sampled_from(Mode))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
def test_any_text_gives_an_answer_or_a_code(engine: Engine, typed: str, mode: Mode) -> None:
    try:
        response = search(engine, typed, mode=mode)
    except GazeError as error:
        refused = error.code
    else:
        refused = None
    assert refused in (None, ErrorCode.QUERY_EMPTY)
    if refused:
        return
    again = search(engine, response.reading.text, mode=mode)
    assert again.moments == response.moments
    assert again.reading.text == response.reading.text


def looks(root: SyntheticRoot, *topics: int) -> np.ndarray:
    return root.near_topics(topics, spread=0.1)


def test_pictures_are_sought_by_the_words_that_are_not_excluded(
    root: SyntheticRoot, published: Open
) -> None:
    filler = [9, 10, 11, 12] * 5
    engine = published(
        Film(A, (), looks(root, *filler, 7, *filler)), Film(B, (), looks(root, *filler, 8, *filler))
    )
    assert seen(engine, "see:7") == {"a"}
    assert seen(engine, "see:7 OR see:8") == {"a", "b"}
    assert seen(engine, "7 OR 8", mode=Mode.VISUAL) == {"a", "b"}
    assert seen(engine, 'see:"topic 7"') == {"a"}
    assert seen(engine, "7 -8", mode=Mode.VISUAL) == {"a"}
    assert seen(engine, "7 OR 8 -see:7", mode=Mode.VISUAL) == {"b"}


def seen(engine: Engine, query: str, **request: object) -> set[str]:
    moments = search(engine, query, **request).moments
    return {m.fingerprint[0] for m in moments if (m.visual_score or 0) > 0.5}


def test_say_and_see_keep_to_their_channel(root: SyntheticRoot, published: Open) -> None:
    filler = [9, 10, 11, 12] * 5
    said = [Line(0, 1000, "topic 7")]
    engine = published(Film(A, said, looks(root, *filler)), Film(B, (), looks(root, *filler, 7)))
    heard = search(engine, 'say:"topic 7"', mode=Mode.VISUAL)
    assert [m.fingerprint for m in heard.moments] == [A]
    assert not heard.coverage.visual.searched
    shown = search(engine, 'see:"topic 7"', mode=Mode.TRANSCRIPT)
    assert [m.fingerprint for m in shown.moments][:1] == [B]
    assert not shown.coverage.transcript.searched


def test_coverage_counts_what_a_filter_could_not_decide(
    root: SyntheticRoot, published: Open
) -> None:
    root.add(Film(D, None, frames=4, library="other"))
    root.workspace.catalog.stages.settle(
        D, Stage.TRANSCRIPT, Status.FAILED, ErrorCode.CODEC_UNSUPPORTED, "x"
    )
    engine = published(STREET, BERLIN)
    german = search(engine, "hund lang:de").coverage
    assert (german.transcript.videos, german.transcript.videos_total) == (1, 2)
    assert [(u.fingerprint, u.reason) for u in german.transcript.unsearched] == [
        (D, "CODEC_UNSUPPORTED")
    ]
    narrow = search(engine, "dog library:street before:3000").coverage
    assert (narrow.transcript.videos, narrow.transcript.videos_total) == (1, 1)


def test_videos_without_labels_are_not_covered_by_a_label(
    root: SyntheticRoot, published: Open
) -> None:
    published(STREET, BERLIN)
    root.workspace.artifacts.remove(C)
    root.add(replace(BERLIN, fingerprint=D))
    path = root.workspace.paths.artifact(D, Stage.DETECTIONS)
    path.unlink()
    root.workspace.catalog.stages.settle(
        D, Stage.DETECTIONS, Status.WAITING, ErrorCode.MODEL_MISSING, "detector"
    )
    publish(root.workspace)
    coverage = search(Engine(root.settings), "label:dog library:films").coverage
    assert D in [video.fingerprint for video in coverage.visual.unsearched]
    assert {video.reason for video in coverage.visual.unsearched} >= {"MODEL_MISSING"}
