"""Searching by a picture, and by a frame of the library."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.geometry import Image as Pixels
from gaze_pipeline.settings import ChannelSettings
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Confidence, FrameRef, SearchRequest
from tests.search.conftest import TopicEncoder
from tests.support.synthetic import MODEL_ID, Film, Line, SyntheticRoot

A, B, C = ("a" * 16, "b" * 16, "c" * 16)


class ColourEncoder:
    """Sees a picture whose red is N as one of topic N."""

    model_id = MODEL_ID

    def __init__(self, root: SyntheticRoot) -> None:
        self._root = root

    def encode_images(self, images: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        return self._root.topics[[int(image[0, 0, 0]) for image in images]]


def picture(topic: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (topic, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def engine(root: SyntheticRoot) -> Engine:
    """Three films of topics 1, 2 and 3, five frames each; in the first and the second something is said."""
    topics = {A: (1, 2, 3), B: (3, 2, 9), C: (4, 5, 6)}
    for name, order in topics.items():
        vectors = root.near_topics([topic for topic in order for _ in range(5)], spread=0.2)
        lines = [Line(10_500, 12_000, "a red lantern")] if name != C else []
        root.add(Film(name, lines, vectors, {0: ["dog"]} if name == B else {}))
    for number in range(12):  # what the rest of a library shows
        other = root.near_topics([12 + number] * 8, spread=0.2)
        root.add(Film(f"{number:016x}", [], other))
    publish(root.workspace)
    return Engine(root.settings, lambda: TopicEncoder(root), lambda: ColourEncoder(root))


def test_a_picture_finds_what_looks_like_it(engine: Engine) -> None:
    found = engine.search(SearchRequest(picture=picture(5))).moments
    assert [(moment.fingerprint, moment.start_ms) for moment in found] == [
        (C, 9_000)
    ]  # the cut lies half-way
    assert found[0].confidence is not Confidence.WEAK


def test_a_picture_of_something_else_convinces_nobody(engine: Engine) -> None:
    answer = engine.search(SearchRequest(picture=picture(30)))
    assert answer.moments == []
    assert answer.coverage.visual.searched


def test_words_steer_what_a_picture_narrows(engine: Engine) -> None:
    both = engine.search(SearchRequest(picture=picture(2), query="lantern")).moments
    assert {moment.fingerprint for moment in both} == {A, B}
    assert all(moment.snippet for moment in both)


def test_filters_hold_for_pictures(engine: Engine) -> None:
    request = SearchRequest(picture=picture(3), labels=["dog"])
    assert {moment.fingerprint for moment in engine.search(request).moments} <= {B}
    request = SearchRequest(picture=picture(2), fingerprints=[A])
    assert {moment.fingerprint for moment in engine.search(request).moments} == {A}


def test_more_like_a_frame_finds_others_but_not_itself(engine: Engine) -> None:
    request = SearchRequest(like=FrameRef(fingerprint=A, at_ms=12_300))
    found = engine.search(request).moments
    assert [moment.fingerprint for moment in found] == [B]
    assert 9_000 <= found[0].start_ms < 20_000


def test_a_frame_is_sought_without_any_model(root: SyntheticRoot, engine: Engine) -> None:
    def missing() -> ColourEncoder:
        raise GazeError(ErrorCode.MODEL_MISSING, "clip")

    blind = Engine(root.settings, lambda: TopicEncoder(root), missing)
    assert blind.search(SearchRequest(like=FrameRef(fingerprint=A, at_ms=12_300))).moments
    answer = blind.search(SearchRequest(picture=picture(5)))
    assert answer.moments == []
    assert answer.coverage.visual.reason == "MODEL_MISSING"


def test_an_unknown_video_is_refused(engine: Engine) -> None:
    with pytest.raises(GazeError) as refused:
        engine.search(SearchRequest(like=FrameRef(fingerprint="f" * 16, at_ms=0)))
    assert refused.value.code is ErrorCode.VIDEO_UNKNOWN


def test_a_request_has_one_example_and_travels_as_json() -> None:
    with pytest.raises(ValueError, match="not both"):
        SearchRequest(picture=b"x", like=FrameRef(fingerprint=A, at_ms=0))
    request = SearchRequest(picture=bytes(range(256)))
    assert SearchRequest.model_validate_json(request.model_dump_json()) == request


def test_one_shot_gives_one_moment(root: SyntheticRoot, published: Callable[..., Engine]) -> None:
    steady = np.repeat(root.topics[[1]], 30, axis=0)
    away = root.near_topics([1] * 30, spread=0.6)
    steady[10:14] = away[10:14]  # it turns away for a while, without a cut
    engine = published(Film(A, [], steady), Film(B, [], root.near_topics(range(10, 30))))
    found = engine.search(SearchRequest(like=FrameRef(fingerprint=B, at_ms=0), weak=True)).moments
    assert len({(moment.fingerprint, moment.start_ms) for moment in found}) == len(found)
    assert sum(moment.fingerprint == A for moment in found) <= 1


def test_an_example_is_not_sought_where_pictures_are_switched_off(
    engine: Engine, root: SyntheticRoot
) -> None:
    off = root.settings.model_copy(update={"channels": ChannelSettings(pictures=False)})
    deaf = Engine(off, lambda: TopicEncoder(root), lambda: ColourEncoder(root))

    for request in (
        SearchRequest(picture=picture(5)),
        SearchRequest(like=FrameRef(fingerprint=C, at_ms=9_000)),
    ):
        answer = deaf.search(request)
        assert answer.moments == []
        assert answer.coverage.visual.reason == SWITCHED_OFF
