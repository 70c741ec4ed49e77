"""Text on screen, read from real films: what, where, when; and how little is looked at for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.models.ocr import Box, Spot, TextReader, WrittenLine
from gaze_pipeline.recovery import recover
from gaze_pipeline.settings import ChannelSettings, Settings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.stages.text_frames import Watcher as FrameWatcher
from gaze_pipeline.stages.text_spans import Shown, is_text, same_text, spans
from gaze_pipeline.stages.thumbnails import Thumbnail
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.contract import violations
from gaze_pipeline.workspace import Workspace
from tests.support.slides import Picture, camera, slide, talk

TEXT_ALONE = ChannelSettings(speech=False, pictures=False, labels=False, meaning=False)
PLACE = Box(0.1, 0.1, 0.5, 0.1)


def with_text(workspace: Workspace, channels: ChannelSettings = TEXT_ALONE) -> Workspace:
    return Workspace(workspace.settings.model_copy(update={"channels": channels}))


@pytest.fixture
def workspace(tmp_path: Path, open_workspace: Callable[..., Workspace]) -> Workspace:
    """One film: two slides, then a moving camera."""
    (tmp_path / "films").mkdir()
    shown = [(slide("latin-1"), 6), (slide("cyrillic-1"), 4)]
    talk(tmp_path / "films" / "talk.mp4", shown, after_s=6)
    return with_text(open_workspace(tmp_path / "films"))


def test_the_text_of_a_film_is_read_with_its_time_and_place(workspace: Workspace) -> None:
    scan_libraries(workspace)
    index(workspace, Watcher())
    (video,) = workspace.catalog.videos.all()
    assert video.state is State.DONE
    assert violations(workspace.artifacts, video.fingerprint, Stage.TEXTS) == []
    rows = workspace.artifacts.read(video.fingerprint, Stage.TEXTS).to_pylist()
    assert [row["text"] for row in rows[:3]] == list(slide("latin-1").lines)
    assert [row["text"] for row in rows[3:]] == list(slide("cyrillic-1").lines)
    assert [(row["start_ms"], row["end_ms"]) for row in rows] == [(0, 6000)] * 3 + [
        (6000, 10_000)
    ] * 3
    assert [row["script"] for row in rows] == ["Latn"] * 3 + ["Cyrl"] * 3
    for row, top in zip(rows, [44, 136, 228] * 2, strict=True):
        assert row["x"] == pytest.approx(56 / 960, abs=0.02)
        assert row["y"] == pytest.approx(top / 540, abs=0.03)
        assert 0.03 < row["h"] < 0.12
    assert not list(workspace.paths.video(video.fingerprint).glob(".reading*"))


def test_an_existing_library_is_brought_up_to_date_and_nothing_else_is_made_again(
    workspace: Workspace,
) -> None:
    before = with_text(workspace, TEXT_ALONE.model_copy(update={"text": False}))
    scan_libraries(before)
    index(before, Watcher())
    (video,) = before.catalog.videos.all()
    assert video.state is State.DONE
    frames = before.paths.artifact(video.fingerprint, Stage.FRAMES)
    made = frames.stat().st_mtime_ns

    assert plan(workspace) == {video.fingerprint: [Stage.TEXTS]}
    report = index(workspace, Watcher())
    assert [outcome.stage for outcome in report.outcomes] == [Stage.TEXTS]
    assert frames.stat().st_mtime_ns == made
    assert workspace.catalog.videos.all()[0].state is State.DONE


def test_a_film_that_is_away_is_read_once_it_is_back(workspace: Workspace) -> None:
    scan_libraries(workspace)
    (video,) = workspace.catalog.videos.all()
    list(run_stage(Stage.FRAMES, [video.fingerprint], workspace))
    away = video.path.rename(video.path.with_suffix(".away"))
    (outcome,) = run_stage(Stage.TEXTS, [video.fingerprint], workspace)
    assert (outcome.status, outcome.code) == (Status.FAILED, ErrorCode.FILE_NOT_FOUND)
    away.rename(video.path)
    assert plan(workspace) == {video.fingerprint: [Stage.TEXTS]}


def test_what_a_killed_reader_left_is_swept_away(workspace: Workspace) -> None:
    scan_libraries(workspace)
    (video,) = workspace.catalog.videos.all()
    list(run_stage(Stage.FRAMES, [video.fingerprint], workspace))
    left = workspace.paths.video(video.fingerprint) / ".reading.99999999.tmp"
    left.mkdir()
    (left / "000000.jpg").write_bytes(b"half a picture")
    recover(workspace)
    assert not left.exists()


class Glances(TextReader):
    """Finds a shape of some aspect where a picture is bright, and counts what it is asked and reads."""

    def __init__(self, aspect: float) -> None:
        self.aspect = aspect
        self.asked = 0
        self.read_off: list[int] = []

    def find(self, image: Picture) -> list[Spot]:
        self.asked += 1
        corners = np.array([[0.1, 0.1], [0.6, 0.1], [0.6, 0.2], [0.1, 0.2]], np.float32)
        return [Spot(corners, self.aspect)] if image[5:20, 40:100].max() > 200 else []

    def read_at(self, image: Picture, spots: Iterable[Spot]) -> list[WrittenLine]:
        lines = [WrittenLine("EXIT", 1.0, spot.box) for spot in spots]
        self.read_off.append(len(lines))
        return lines


def watched(pictures: list[Picture], aspect: float = 8.0) -> tuple[FrameWatcher, Glances]:
    reader = Glances(aspect)
    watcher = FrameWatcher(reader)
    watcher.look([Thumbnail(n, 2000 * n, picture) for n, picture in enumerate(pictures)])
    return watcher, reader


def test_a_slide_is_looked_at_once_however_long_it_stays() -> None:
    one, other = slide("latin-1").picture, slide("latin-2").picture
    watcher, reader = watched([one, one, one, other, other])
    assert [(w.first, w.last) for w in watcher.writings] == [(0, 2), (3, 4)]
    assert reader.asked == 2


def test_text_that_stays_over_a_moving_picture_is_read_once() -> None:
    caption = np.zeros((540, 960, 3), np.uint8)
    caption[30:120] = slide("latin-1").picture[30:120]
    frames = [np.where(caption > 0, caption, moving) for moving in camera(1)]
    watcher, _ = watched(frames)
    assert [(w.first, w.last) for w in watcher.writings] == [(0, len(frames) - 1)]


def shapes(count: int) -> list[Picture]:
    """Bright blocks that are elsewhere in each picture."""
    pictures = [np.zeros((540, 960, 3), np.uint8) for _ in range(count)]
    for number, picture in enumerate(pictures):
        picture[20:60, 130 + 40 * number : 170 + 40 * number] = 250
    return pictures


@pytest.mark.parametrize(
    ("aspect", "large", "read_off"),
    [(8.0, True, []), (1.5, False, [1, 1, 1]), (1.0, False, [0, 0, 0])],
    ids=["a line", "a word", "a letter"],
)
def test_only_lines_are_read_large_where_the_picture_moves(
    aspect: float, large: bool, read_off: list[int]
) -> None:
    watcher, reader = watched(shapes(3), aspect)
    assert [writing.is_read for writing in watcher.writings] == [not large] * 3
    assert reader.read_off == read_off


def test_a_letter_that_stays_is_read_large() -> None:
    (still,) = shapes(1)
    watcher, _ = watched([still, still], aspect=1.0)
    assert [writing.is_read for writing in watcher.writings] == [False]


def line(text: str, confidence: float = 0.9, box: Box = PLACE) -> WrittenLine:
    return WrittenLine(text, confidence, box)


def test_the_surest_reading_of_a_text_that_stays_is_kept() -> None:
    (span,) = spans(
        [
            Shown(0, 2000, [line("Quarterly resuIts", 0.7)]),
            Shown(2000, 4000, [line("Quarterly results", 0.95)]),
            Shown(4000, 8000, [line("Quarterly result", 0.8)]),
        ]
    )
    assert (span.start_ms, span.end_ms, span.line.text) == (0, 8000, "Quarterly results")


def test_a_text_that_goes_and_comes_again_is_two_spans() -> None:
    found = spans(
        [
            Shown(0, 2000, [line("Exit")]),
            Shown(2000, 4000, [line("Exit", box=Box(0.7, 0.7, 0.2, 0.1))]),
            Shown(6000, 8000, [line("Exit")]),
        ]
    )
    assert [(span.start_ms, span.end_ms) for span in found] == [
        (0, 2000),
        (2000, 4000),
        (6000, 8000),
    ]


@pytest.mark.parametrize(
    ("text", "confidence", "stays", "taken"),
    [
        ("Ш", 0.99, False, False),
        ("Ш", 0.7, True, True),
        ("OK", 0.98, False, True),
        ("ІЯ", 0.95, False, False),
        ("BUS", 0.95, False, True),
        ("ЅГМ", 0.77, False, False),
        ("M AB 1234", 0.65, False, True),
        ("M AB 1234", 0.55, True, False),
    ],
)
def test_short_lines_on_a_picture_that_moves_must_be_sure(
    text: str, confidence: float, stays: bool, taken: bool
) -> None:
    assert is_text(line(text, confidence), 0.6, stays) is taken


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Quarterly results", "Quarterly resuIts", True),
        ("12:01", "12:02", False),
        ("M AB 1234", "M AB 1284", False),
        ("Exit", "Entry", False),
        ("机器学习入门", "机器学习入门", True),
    ],
)
def test_which_readings_are_of_one_text(one: str, other: str, same: bool) -> None:
    assert same_text(one, other) is same


def test_reading_can_be_switched_off(tmp_path: Path) -> None:
    channels = ChannelSettings(text=False)
    assert Stage.TEXTS not in Settings(root=tmp_path, channels=channels).stages
