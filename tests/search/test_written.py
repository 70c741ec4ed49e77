"""Text on screen as a channel of search: what is found, when, where on the picture, and beside what else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.settings import ChannelSettings, Settings
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.hits import FrameHit, TextHit
from gaze_search_app.search.model import Mode, Moment, SearchRequest, SearchResponse
from gaze_search_app.search.moments import Stretch
from gaze_search_app.search.transcript import SpeechScale
from gaze_search_app.search.written import attached, screens
from tests.support.synthetic import Film, Line, SyntheticRoot, Written

TALK, STREET, SIGN = "a" * 16, "b" * 16, "c" * 16
TEXT_ON = ChannelSettings(meaning=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> SyntheticRoot:
    root = SyntheticRoot(tmp_path_factory.mktemp("written"))
    spoken = [Line(0, 4000, "welcome to this talk"), Line(31_000, 34_000, "our revenue is up")]
    slides = [
        Written(0, 60_000, "ACME Corporation", (0.7, 0.9, 0.25, 0.05)),
        Written(0, 30_000, "Why budgets fail", (0.1, 0.1, 0.5, 0.1)),
        Written(30_000, 60_000, "Quarterly revenue", (0.1, 0.1, 0.5, 0.1)),
        Written(40_000, 60_000, "return n if n < 2 else fib(n - 1)", (0.1, 0.5, 0.6, 0.05)),
    ]
    root.add(Film(TALK, spoken, frames=30, texts=slides))
    plates = [Written(4000, 8000, "M AB 1234"), Written(6000, 10_000, "KA-01-HH-1234")]
    root.add(Film(STREET, [], frames=10, texts=plates))
    signs = [
        Written(0, 2000, "Добро пожаловать в Москву"),
        Written(2000, 4000, "MOCKBA 2026"),
        Written(4000, 6000, "东京塔入口"),
        Written(6000, 8000, "東京駅の出口はこちら"),
        Written(8000, 10_000, "Größe und Käse"),
    ]
    root.add(Film(SIGN, [], frames=6, texts=signs))
    publish(root.workspace)
    return root


def engine(root: SyntheticRoot, channels: ChannelSettings = TEXT_ON) -> Engine:
    return Engine(Settings(root=root.root, channels=channels))


def ask(root: SyntheticRoot, query: str, mode: Mode = Mode.BOTH) -> SearchResponse:
    return engine(root).search(SearchRequest(query=query, mode=mode))


def first(root: SyntheticRoot, query: str) -> Moment:
    response = ask(root, query)
    assert response.moments, query
    return response.moments[0]


@pytest.mark.parametrize(
    ("query", "video", "start_ms"),
    [
        ('text:"M AB 1234"', STREET, 4000),
        ("text:KA-01-HH-1234", STREET, 6000),
        ("KA01HH1234", STREET, 6000),
        ('text:"fib(n - 1)"', TALK, 40_000),
        ("text:budg*", TALK, 0),
        ("москве", SIGN, 0),
        ("text:москва", SIGN, 2000),
        ("text:入口", SIGN, 4000),
        ("text:出口", SIGN, 6000),
        ("text:kase", SIGN, 8000),
    ],
)
def test_text_is_found_by_its_characters(
    root: SyntheticRoot, query: str, video: str, start_ms: int
) -> None:
    moment = first(root, query)
    assert (moment.fingerprint, moment.start_ms) == (video, start_ms)
    assert moment.text_score is not None
    assert moment.speech_score is None


def test_a_moment_shows_what_matched_and_where(root: SyntheticRoot) -> None:
    moment = first(root, "text:budgets")
    assert moment.text == "Why budgets fail"
    assert [moment.text[start:end] for start, end in moment.text_marks] == ["budgets"]
    (box,) = moment.boxes
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.1, 0.1, 0.5, 0.1))
    assert moment.frame_ms == 0


def test_lines_of_one_screen_answer_together(root: SyntheticRoot) -> None:
    moment = first(root, "text:acme text:revenue")
    assert (moment.start_ms, moment.end_ms) == (30_000, 60_000), "while both are shown"
    assert moment.text == "ACME Corporation / Quarterly revenue"
    assert [moment.text[s:e] for s, e in moment.text_marks] == ["ACME", "revenue"]
    assert len(moment.boxes) == 2


def test_what_is_said_is_supported_and_not_stretched(root: SyntheticRoot) -> None:
    moment = first(root, "revenue")
    assert (moment.fingerprint, moment.start_ms, moment.end_ms) == (TALK, 31_000, 34_000)
    assert moment.speech_score is not None
    assert moment.text_score is not None
    assert (moment.snippet, moment.text) == ("our revenue is up", "Quarterly revenue")


def test_the_mode_and_the_fields_decide_where_words_are_sought(root: SyntheticRoot) -> None:
    assert not ask(root, "budgets", Mode.TRANSCRIPT).moments
    assert ask(root, "budgets", Mode.VISUAL).moments
    assert not ask(root, "say:budgets").moments
    assert not ask(root, "text:welcome").moments
    assert not ask(root, "text:welcome").coverage.transcript.asked


def test_a_label_narrows_what_is_written_and_adds_nothing(tmp_path: Path) -> None:
    root = SyntheticRoot(tmp_path)
    slides = [Written(0, 2000, "for sale"), Written(10_000, 12_000, "for sale")]
    root.add(Film(STREET, [], frames=10, texts=slides, labels={5: ["dog"], 8: ["dog"]}))
    publish(root.workspace)
    (moment,) = ask(root, "text:sale label:dog").moments
    assert (moment.start_ms, moment.text) == (10_000, "for sale")


def test_what_must_not_be_written_is_left_out(root: SyntheticRoot) -> None:
    found = ask(root, "text:revenue -text:fib").moments
    assert [(moment.start_ms, moment.end_ms) for moment in found] == []
    assert ask(root, "text:acme with text:revenue").moments
    (chain,) = ask(root, "text:budgets then text:revenue within 1m").moments
    assert [piece.text for piece in chain.evidence] == ["Why budgets fail", "Quarterly revenue"]


def test_coverage_tells_of_videos_whose_text_is_not_read(
    root: SyntheticRoot, tmp_path: Path
) -> None:
    assert ask(root, "text:acme").coverage.text.videos == 3
    other = SyntheticRoot(tmp_path)
    other.add(Film(TALK, [], frames=2, texts=[Written(0, 2000, "acme")]))
    other.add(Film(STREET, [], frames=2))
    publish(other.workspace)
    covered = ask(other, "text:acme").coverage.text
    assert (covered.videos, covered.videos_total) == (1, 2)
    assert [video.fingerprint for video in covered.unsearched] == [STREET]


def test_switched_off_it_is_not_searched(root: SyntheticRoot) -> None:
    off = engine(root, ChannelSettings(text=False, meaning=False))
    response = off.search(SearchRequest(query="text:budgets"))
    assert not response.moments
    assert (response.coverage.text.searched, response.coverage.text.reason) == (False, SWITCHED_OFF)
    assert off.search(SearchRequest(query="welcome")).moments


def test_speech_and_pictures_can_be_switched_off_too(root: SyntheticRoot) -> None:
    silent = engine(root, ChannelSettings(speech=False, pictures=False))
    response = silent.search(SearchRequest(query="revenue"))
    assert [moment.speech_score for moment in response.moments] == [None]
    assert response.coverage.transcript.reason == SWITCHED_OFF
    assert response.coverage.visual.reason == SWITCHED_OFF


def test_labels_that_are_switched_off_neither_filter_nor_show(tmp_path: Path) -> None:
    root = SyntheticRoot(tmp_path)
    root.add(Film(TALK, [Line(0, 4000, "a dog story")], frames=4, labels={0: ["dog"]}, texts=()))
    publish(root.workspace)
    (shown,) = engine(root).search(SearchRequest(query="story label:dog")).moments
    assert shown.labels == ["dog"]
    off = engine(root, ChannelSettings(labels=False, pictures=False, meaning=False))
    response = off.search(SearchRequest(query="story label:dog", labels=["dog"]))
    assert [moment.labels for moment in response.moments] == [[]]
    assert any(SWITCHED_OFF in note for note in response.reading.notes)


def test_a_brief_text_in_a_long_scene_is_a_moment_of_its_own() -> None:
    frames = tuple(FrameHit(TALK, 2000 * n, 2000 * n + 2000, n, 0.8) for n in range(15))
    scene = Stretch(TALK, 0, 30_000, frames=frames)
    brief = Stretch(TALK, 18_000, 24_000, texts=(TextHit(TALK, 18_000, 24_000, (0,), 1.0),))
    long = Stretch(TALK, 2000, 30_000, texts=(TextHit(TALK, 2000, 30_000, (0,), 1.0),))
    whole, alone = attached([scene], [brief])
    assert (whole, alone.frames) == (scene, frames[9:12])
    assert (alone.start_ms, alone.end_ms, alone.texts) == (18_000, 24_000, brief.texts)
    (both,) = attached([scene], [long])
    assert (both.start_ms, both.end_ms, both.texts) == (0, 30_000, long.texts)


@given(
    st.lists(
        st.builds(
            lambda start, length, words, line: TextHit(
                TALK, start, start + length, tuple(sorted(words)), 0.5, line
            ),
            st.integers(0, 50),
            st.integers(1, 30),
            st.sets(st.integers(0, 3), min_size=1),
            st.integers(0, 100),
        ),
        unique_by=lambda hit: hit.line,
        max_size=12,
    )
)
def test_screens_lie_within_their_lines_and_never_overlap(hits: list[TextHit]) -> None:
    found = screens(hits, SpeechScale((1.0, 2.0, 0.5, 1.5)))
    for screen in found:
        assert screen.start_ms < screen.end_ms
        for text in screen.texts:
            assert text.start_ms < screen.end_ms
            assert screen.start_ms < text.end_ms
    ordered = sorted(found, key=lambda screen: screen.start_ms)
    for one, other in pairwise(ordered):
        assert one.end_ms <= other.start_ms
