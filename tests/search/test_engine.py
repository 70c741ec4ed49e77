"""The engine over published snapshots: what is found, where, and what the answer admits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Confidence, Mode, SearchRequest, SearchResponse
from tests.support.synthetic import Film, Line, SyntheticRoot

Open = Callable[..., Engine]
A, B, C = "a" * 16, "b" * 16, "c" * 16
JFK = (
    Line(0, 2000, "And so, my fellow Americans,"),
    Line(2500, 6000, "ask not what your country can do for you,"),
    Line(6200, 9000, "ask what you can do for your country."),
    Line(30_000, 32_000, "The dogs were running in the street."),
)


def search(engine: Engine, query: str, **request: object) -> SearchResponse:
    return engine.search(SearchRequest.model_validate({"query": query, **request}))


def other_topics(root: SyntheticRoot, count: int, avoid: int) -> np.ndarray:
    topics = [topic for topic in range(len(root.topics)) if topic != avoid]
    return root.near_topics([topics[index % len(topics)] for index in range(count)])


def test_spoken_words_are_found_where_they_are_said(published: Open) -> None:
    engine = published(Film(A, JFK), Film(B, [Line(0, 1000, "nothing of the kind")]))
    best = search(engine, "ask country", mode=Mode.TRANSCRIPT).moments[0]
    assert (best.fingerprint, best.start_ms, best.end_ms) == (A, 2500, 9000)
    assert best.snippet is not None
    assert {best.snippet[start:end] for start, end in best.marks} == {"ask", "country"}
    assert best.path.endswith(f"{A}.mp4")
    assert best.libraries == ["films"]


def test_words_split_over_two_lines_count_together(published: Open) -> None:
    engine = published(Film(A, JFK), Film(B, [Line(0, 1000, "my fellow"), *JFK[3:]]))
    best = search(engine, "fellow americans country").moments[0]
    assert (best.fingerprint, best.start_ms) == (A, 0)


def test_each_language_is_stemmed_by_its_own_rules(published: Open) -> None:
    engine = published(
        Film(A, [Line(0, 1000, "Die Häuser in der Straße", "de")]),
        Film(B, [Line(0, 1000, "我们去中国吃饭", "zh")]),
        Film(C, JFK),
    )
    for query, fingerprint in [("haus", A), ("strasse", A), ("中国", B), ("饭", B), ("dog run", C)]:
        assert search(engine, query).moments[0].fingerprint == fingerprint, query


def test_a_look_is_found_where_it_is_seen(root: SyntheticRoot, published: Open) -> None:
    frames = other_topics(root, 40, avoid=7)
    frames[20:22] = root.near_topics([7, 7], spread=0.2)
    engine = published(Film(A, (), frames), Film(B, (), other_topics(root, 40, avoid=7)))
    response = search(engine, "topic 7", mode=Mode.VISUAL)
    best = response.moments[0]
    assert (best.fingerprint, best.start_ms, best.end_ms) == (A, 39_000, 43_000)
    assert best.frame_index in (20, 21)
    assert best.score > 0.8
    assert all(moment.score < 0.5 for moment in response.moments[1:])


def test_the_best_of_nothing_similar_does_not_look_good(
    root: SyntheticRoot, published: Open
) -> None:
    engine = published(Film(A, (), other_topics(root, 300, avoid=7)))
    response = search(engine, "topic 7", mode=Mode.VISUAL)
    assert all(moment.score < 0.5 for moment in response.moments)


def test_both_channels_add_up(root: SyntheticRoot, published: Open) -> None:
    frames = other_topics(root, 40, avoid=7)
    frames[10] = root.near_topics([7], spread=0.1)[0]
    said = Line(20_500, 21_500, "topic 7")
    engine = published(
        Film(A, [said], frames),
        Film(B, [said], other_topics(root, 40, avoid=7)),
        Film(C, (), frames),
    )
    found = {moment.fingerprint: moment for moment in search(engine, "topic 7").moments}
    assert max(found, key=lambda key: found[key].score) == A
    assert found[B].score < found[A].score
    assert found[C].score < found[A].score
    assert (found[B].visual_score, found[C].speech_score) == (None, None)
    assert {moment.confidence for moment in found.values()} == {Confidence.STRONG}


def test_a_video_without_vectors_is_not_dragged_down(root: SyntheticRoot, published: Open) -> None:
    frames = other_topics(root, 40, avoid=7)
    frames[10] = root.topics[7]
    engine = published(Film(A, (), frames), Film(B, [Line(0, 1000, "topic 7")], frames=3))
    found = {moment.fingerprint: moment for moment in search(engine, "topic 7").moments}
    assert found[B].score == pytest.approx(found[B].speech_score)


def test_named_labels_lift_a_moment(published: Open) -> None:
    line = [Line(0, 1500, "a dog and two people")]
    engine = published(
        Film(A, line, labels={0: ["dog", "person"]}, frames=1),
        Film(B, line, labels={0: ["dog"]}, frames=1),
        Film(C, line, labels={0: ["cup"]}, frames=1),
    )
    scores = {
        m.fingerprint: m.score for m in search(engine, "people, dogs, zebras", weak=True).moments
    }
    assert scores[A] == pytest.approx(scores[B] + 0.05)
    assert scores[B] == pytest.approx(scores[C] + 0.05)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {A, B, C}),
        ({"labels": ["dog"]}, {A, B}),
        ({"labels": ["dog", "cup"]}, {B}),
        ({"labels": ["zebra"]}, set()),
        ({"libraries": ["other"]}, {C}),
        ({"libraries": ["other", "films"]}, {A, B, C}),
        ({"libraries": ["nowhere"]}, set()),
        ({"fingerprints": [A, C]}, {A, C}),
        ({"fingerprints": [A], "libraries": ["other"]}, set()),
    ],
)
@pytest.mark.parametrize("mode", list(Mode))
def test_filters(
    root: SyntheticRoot,
    published: Open,
    filters: dict[str, list[str]],
    expected: set[str],
    mode: Mode,
) -> None:
    line, look = [Line(0, 1500, "topic 7")], root.near_topics([7], spread=0.1)
    filler = Film("f" * 16, (), other_topics(root, 60, avoid=7), library="filler")
    engine = published(
        Film(A, line, look, {0: ["dog"]}),
        Film(B, line, look, {0: ["dog", "cup"]}),
        Film(C, line, look, {0: ["person"]}, library="other"),
        filler,
    )
    response = search(engine, "topic 7", mode=mode, **filters)
    found = {m.fingerprint for m in response.moments if m.score > 0.3}
    assert found - {filler.fingerprint} == expected


def test_what_the_detector_knows_by_name_is_found_by_it(
    root: SyntheticRoot, published: Open
) -> None:
    looks = other_topics(root, 40, avoid=7)
    engine = published(Film(A, (), looks, {12: ["zebra"]}), Film(B, (), looks))
    best = search(engine, "a zebra", mode=Mode.VISUAL).moments[0]
    assert (best.fingerprint, best.frame_index) == (A, 12)
    assert best.confidence is not Confidence.WEAK


def test_what_the_detector_tells_of_at_all_is_shown_at_once(published: Open) -> None:
    engine = published(Film(A, (), labels={3: ["dog"]}, frames=8, sure=0.41))
    (moment,) = search(engine, "label:dog").moments
    assert (moment.frame_index, moment.confidence) == (3, Confidence.POSSIBLE)


def test_a_label_elsewhere_in_the_video_does_not_count(published: Open) -> None:
    engine = published(Film(A, JFK, labels={0: ["dog"]}, frames=16))
    assert search(engine, "running", labels=["dog"]).total == 0
    assert search(engine, "fellow", labels=["dog"]).total == 1


def test_weak_moments_come_last_and_only_on_request(published: Open) -> None:
    engine = published(
        Film(A, JFK),
        Film(B, [Line(0, 1000, "a country far away"), Line(60_000, 61_000, "ask him")]),
    )
    sure = search(engine, "ask country fellow")
    whole = search(engine, "ask country fellow", weak=True)
    assert (sure.total, whole.total) == (1, 1 + whole.weak)
    assert sure.weak == whole.weak > 0
    levels = [moment.confidence for moment in whole.moments]
    assert levels == [Confidence.STRONG] + [Confidence.WEAK] * whole.weak
    nothing = search(engine, "country zebra giraffe")
    assert (nothing.moments, nothing.total) == ([], 0)
    assert nothing.weak


def test_a_clock_that_damage_sent_far_ahead_costs_nobody_the_search(published: Open) -> None:
    late = 50 * 24 * 3600 * 1000
    engine = published(Film(A, JFK), Film(B, [Line(late, late + 1000, "my country")]))
    found = {moment.fingerprint for moment in search(engine, "country").moments}
    assert found == {A, B}


def test_pages_are_pieces_of_the_whole(root: SyntheticRoot) -> None:
    root.fill(12, lines=40, frames=10)
    publish(root.workspace)
    engine = Engine(root.settings)
    rows = engine.snapshots.latest().rows(
        "SELECT term FROM fts_main_segments.dict WHERE term NOT LIKE '%~%' ORDER BY df DESC LIMIT 1"
    )
    query = rows[0][0]
    whole = search(engine, query, limit=500)
    assert whole.total == len(whole.moments) > 20
    for size in (1, 7, 20):
        pages = [
            search(engine, query, limit=size, offset=offset).moments
            for offset in range(0, whole.total, size)
        ]
        assert [moment for page in pages for moment in page] == whole.moments
    assert search(engine, query, offset=whole.total).moments == []
    scores = [moment.score for moment in whole.moments]
    assert scores == sorted(scores, reverse=True)


def test_the_answer_says_what_it_covers(root: SyntheticRoot, published: Open) -> None:
    root.add(Film(B, None, root.near_topics([1])))
    root.workspace.catalog.stages.settle(
        B, Stage.TRANSCRIPT, Status.FAILED, ErrorCode.CODEC_UNSUPPORTED, "x"
    )
    engine = published(
        Film(A, JFK, frames=16), Film(C, JFK, root.near_topics([1]), library="other")
    )
    coverage = search(engine, "country").coverage
    assert (coverage.transcript.videos, coverage.transcript.videos_total) == (2, 3)
    assert [(u.fingerprint, u.reason) for u in coverage.transcript.unsearched] == [
        (B, "CODEC_UNSUPPORTED")
    ]
    assert coverage.transcript.duration_ms < coverage.transcript.duration_total_ms
    assert (coverage.visual.videos, [u.fingerprint for u in coverage.visual.unsearched]) == (2, [A])
    narrow = search(engine, "country", libraries=["other"]).coverage
    assert (narrow.transcript.videos, narrow.transcript.videos_total) == (1, 1)
    assert not search(engine, "country", mode=Mode.VISUAL).coverage.transcript.searched


def test_without_the_image_model_speech_is_still_searched(
    root: SyntheticRoot, published: Open
) -> None:
    published(Film(A, JFK, root.near_topics([1])))

    def missing() -> None:
        raise GazeError(ErrorCode.MODEL_MISSING, "clip")

    engine = Engine(root.settings, missing)
    response = search(engine, "country")
    assert response.moments[0].score > 0.9
    assert response.coverage.visual.reason == "MODEL_MISSING"
    assert not response.coverage.visual.searched
    only = search(engine, "country", mode=Mode.VISUAL)
    assert (only.moments, only.coverage.visual.reason) == ([], "MODEL_MISSING")


def test_frames_of_another_model_are_not_compared(root: SyntheticRoot, published: Open) -> None:
    engine = published(Film(A, JFK, root.near_topics([1])))

    class Other:
        model_id = "another-model"

        def encode_texts(self, texts: list[str]) -> np.ndarray:
            return np.ones((len(texts), root.dimensions), np.float32)

    engine = Engine(root.settings, Other)
    assert search(engine, "country").coverage.visual.reason == "MODEL_MISSING"


@pytest.mark.parametrize("warmed", [False, True])
def test_missing_vectors_cost_only_their_channel(
    root: SyntheticRoot, published: Open, warmed: bool
) -> None:
    engine = published(Film(A, JFK, root.near_topics([1])))
    if warmed:
        search(engine, "country")
    shutil.rmtree(root.settings.paths.vectors)
    response = search(engine, "country")
    assert response.moments
    assert response.coverage.visual.reason == "INDEX_CORRUPT"


def test_an_empty_query_and_an_absent_index_are_errors(root: SyntheticRoot) -> None:
    engine = Engine(root.settings)
    with pytest.raises(GazeError) as raised:
        search(engine, "fox")
    assert raised.value.code is ErrorCode.INDEX_MISSING
    publish(root.workspace)
    with pytest.raises(GazeError) as raised:
        search(engine, "  ")
    assert raised.value.code is ErrorCode.QUERY_EMPTY
    assert search(engine, "fox").moments == []
    assert search(engine, "?!").moments == []


def test_threads_share_an_engine_while_snapshots_change(
    root: SyntheticRoot, published: Open
) -> None:
    engine = published(Film(A, JFK, root.near_topics([1, 2, 3])))
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(search, engine, "country topic 2") for _ in range(40)]
        for name in "bcd":
            root.add(Film(name * 16, JFK, root.near_topics([1, 2, 3])))
            publish(root.workspace)
            answers += [pool.submit(search, engine, "country topic 2") for _ in range(20)]
        totals = {answer.result().coverage.snapshot for answer in answers}
    assert max(totals) == 4
    assert len({m.fingerprint for m in search(engine, "country").moments}) == 4
