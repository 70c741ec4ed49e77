"""What the player draws over the length of a video."""

from __future__ import annotations

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings import ChannelSettings
from gaze_pipeline.workspace import Workspace
from gaze_search_app.timelines import Kind, read_timeline
from tests.support.synthetic import Film, Line, SyntheticRoot, Written

KEY = "c" * 16


def workspace(root: SyntheticRoot, **channels: bool) -> Workspace:
    """The root with all channels but those that are said to be off."""
    chosen = ChannelSettings(**channels)
    return Workspace(root.settings.model_copy(update={"channels": chosen}))


def told(root: SyntheticRoot, fingerprint: str, **channels: bool) -> list[str]:
    """The names of a video's lanes."""
    return [lane.name for lane in read_timeline(workspace(root, **channels), fingerprint).lanes]


def test_what_is_said_written_and_seen_is_told_with_its_times(root: SyntheticRoot) -> None:
    root.add(
        Film(
            KEY,
            [Line(0, 1000, "one"), Line(1010, 3000, "two"), Line(9000, 9500, "three")],
            labels={0: ["dog"], 1: ["dog", "cat"], 4: ["dog"]},
            frames=6,
            texts=[Written(2000, 8000, "Exit"), Written(4000, 10_000, "Way out")],
        )
    )
    timeline = read_timeline(workspace(root), KEY)
    assert timeline.duration_ms == 12_000
    assert timeline.frames[:2] == ((0, 0), (1, 2000))
    lanes = {(lane.kind, lane.name): (lane.spans, lane.total_ms) for lane in timeline.lanes}
    assert lanes == {
        (Kind.SPOKEN, "Speech"): (((0, 3000), (9000, 9500)), 3500),
        (Kind.WRITTEN, "Text"): (((2000, 10_000),), 8000),
        (Kind.SEEN, "dog"): (((0, 4000), (8000, 10_000)), 6000),
        (Kind.SEEN, "cat"): (((2000, 4000),), 2000),
    }
    assert [lane.name for lane in timeline.lanes] == ["Speech", "Text", "dog", "cat"]


def test_a_long_video_is_not_told_of_gaps_that_nobody_could_see(root: SyntheticRoot) -> None:
    lines = [Line(start, start + 2000, "and") for start in range(0, 7_200_000, 4000)]
    root.add(Film(KEY, lines))
    (speech,) = read_timeline(root.workspace, KEY).lanes
    assert len(speech.spans) == 1


def test_what_is_not_made_yet_or_switched_off_is_left_out(root: SyntheticRoot) -> None:
    root.add(Film(KEY, None))
    assert told(root, KEY) == []
    root.add(Film("d" * 16, [Line(0, 1000, "one")], labels={0: ["dog"]}, frames=1))
    assert told(root, "d" * 16) == ["Speech", "dog"]
    assert told(root, "d" * 16, labels=False) == ["Speech"]
    assert told(root, "d" * 16, speech=False) == ["dog"]


def test_an_unknown_video_is_refused(root: SyntheticRoot) -> None:
    with pytest.raises(GazeError) as caught:
        read_timeline(root.workspace, "f" * 16)
    assert caught.value.code is ErrorCode.VIDEO_UNKNOWN
