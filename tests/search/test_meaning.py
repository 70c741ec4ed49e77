"""Lines found by what they mean: beside words, never before them, and only where words need not be said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings import ChannelSettings
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import (
    Confidence,
    LineFoundBy,
    Mode,
    SearchRequest,
    SearchResponse,
)
from tests.support.sentences import TinyEncoder
from tests.support.synthetic import Film, Line, SyntheticRoot

A, B, C = "a" * 16, "b" * 16, "c" * 16
Published = Callable[..., Engine]
FILLER = [
    "the orchestra plays in the harbour", "bread and seaweed", "a fox stole two chickens",
    "the museum opens at nine", "turtles lay their eggs", "please switch off your lights",
    "the ferry returns tomorrow", "eighty apple trees", "a robot repaired the valve",
    "roses bloom behind the house", "the mayor spoke again", "lemon juice and honey",
]  # fmt: skip
RENT = "We cannot afford the rent."
SAID = "They had money problems."


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """Publishes films of these lines with what they mean, and opens an engine."""
    root = SyntheticRoot(tmp_path / "data")
    encoder = TinyEncoder()

    def publish_them(films: dict[str, list[str]], meaning: bool = True) -> Engine:
        for fingerprint, texts in films.items():
            lines = [
                Line(10_000 * n, 10_000 * n + 3000, t) for n, t in enumerate([*texts, *FILLER])
            ]
            meanings = encoder.encode_lines([line.text for line in lines])
            root.add(Film(fingerprint, lines, meanings=meanings))
        publish(root.workspace)
        channels = ChannelSettings(meaning=meaning, text=False)
        settings = root.settings.model_copy(update={"channels": channels})
        return Engine(settings, load_sentences=TinyEncoder)

    return publish_them


def search(engine: Engine, query: str, **request: object) -> SearchResponse:
    asked = {"query": query, "mode": Mode.TRANSCRIPT, **request}
    return engine.search(SearchRequest.model_validate(asked))


def test_a_line_is_found_that_says_none_of_the_words(published: Published) -> None:
    response = search(published({A: [RENT], B: []}), "money problems")
    best = response.moments[0]
    assert (best.fingerprint, best.start_ms, best.end_ms) == (A, 0, 3000)
    assert (best.snippet, best.by, best.marks) == (RENT, LineFoundBy.MEANING, [])
    assert best.confidence is Confidence.POSSIBLE
    assert response.coverage.meaning.searched
    assert response.coverage.meaning.videos == 2


def test_a_line_that_says_the_words_comes_before_one_that_means_them(published: Published) -> None:
    moments = search(published({A: [RENT], B: [SAID]}), "money problems").moments
    assert [(moment.fingerprint, moment.by) for moment in moments[:2]] == [
        (B, LineFoundBy.WORDS),
        (A, LineFoundBy.MEANING),
    ]
    assert moments[0].score > moments[1].score


def test_what_nobody_says_or_means_is_not_found(published: Published) -> None:
    engine = published({A: [RENT], B: ["The glacier lost its ice."]})
    for absent in ("xylophone", "submarine engine", "qwertz asdf"):
        assert search(engine, absent).moments == [], absent


@pytest.mark.parametrize(
    "query", ['"money problems"', "say:debt", "money* problems*", "debt OR pay"]
)
def test_words_that_must_be_said_are_not_met_by_meaning(published: Published, query: str) -> None:
    response = search(published({A: [RENT]}), query, weak=True)
    assert response.moments == []
    assert not response.coverage.meaning.asked


def test_words_that_must_not_be_said_are_not_told_by_meaning(published: Published) -> None:
    engine = published({A: [RENT], B: ["We will marry and pay the debt."]})
    found = search(engine, "rent -marry").moments
    assert [moment.fingerprint for moment in found] == [A]
    assert RENT in {moment.snippet for moment in search(engine, "money problems -bride").moments}


def test_pictures_alone_are_not_sought_in_speech(published: Published) -> None:
    response = search(published({A: [RENT]}), "money problems", mode=Mode.VISUAL)
    assert response.moments == []
    assert not response.coverage.meaning.asked


def test_filters_hold(published: Published) -> None:
    engine = published({A: [RENT], B: [RENT], C: []})
    found = search(engine, "money problems", fingerprints=[B, C]).moments
    assert [moment.fingerprint for moment in found] == [B]
    assert search(engine, "money problems lang:de").moments == []
    assert search(engine, "money problems lang:en").moments


def test_a_part_of_a_chain_is_met_by_meaning(published: Published) -> None:
    engine = published({A: [RENT, "The glacier lost its ice."]})
    moment = search(engine, "say:rent then warming within 30s").moments[0]
    assert [piece.by for piece in moment.evidence] == [LineFoundBy.WORDS, LineFoundBy.MEANING]


def test_switched_off_it_finds_words_only(published: Published) -> None:
    response = search(published({A: [RENT]}, meaning=False), "money problems")
    assert response.moments == []
    assert response.coverage.meaning.reason == "switched off in the settings"


def test_a_missing_model_leaves_words(published: Published) -> None:
    engine = published({A: [RENT], B: [SAID]})

    def missing() -> TinyEncoder:
        raise GazeError(ErrorCode.MODEL_MISSING, "multilingual-e5-small")

    lacking = Engine(engine.settings, load_sentences=missing)
    response = search(lacking, "money problems")
    assert [moment.fingerprint for moment in response.moments] == [B]
    assert response.coverage.meaning.reason == "MODEL_MISSING"


def test_lines_of_another_model_are_not_compared(published: Published) -> None:
    class Another(TinyEncoder):
        model_id = "another"

    engine = published({A: [RENT]})
    response = search(Engine(engine.settings, load_sentences=Another), "money problems")
    assert response.moments == []
    assert response.coverage.meaning.reason == "MODEL_MISSING"


def test_videos_whose_meaning_is_not_known_yet_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAZE_CHANNELS__MEANING", "true")
    root = SyntheticRoot(tmp_path / "data")
    root.add(Film(A, [Line(0, 3000, RENT)]))
    waits = root.workspace.catalog.stages
    waits.settle(A, Stage.MEANINGS, Status.WAITING, ErrorCode.MODEL_MISSING, "sentence")
    publish(root.workspace)
    response = search(Engine(root.settings, load_sentences=TinyEncoder), "money problems")
    assert response.coverage.meaning.reason == "MODEL_MISSING"
    assert response.coverage.transcript.videos == 1


def test_lines_that_changed_since_are_left_out(published: Published, tmp_path: Path) -> None:
    root = SyntheticRoot(tmp_path / "data")
    lines = [Line(0, 2000, RENT), Line(5000, 6000, "the end")]
    root.add(Film(A, lines, meanings=TinyEncoder().encode_lines([line.text for line in lines])))
    root.add(Film(A, [Line(1000, 2000, RENT), *lines[1:]]))
    assert publish(root.workspace).meanings == 0
    assert np.isfinite(publish(root.workspace).segments)
