"""What the results show of a moment and of the coverage."""

from __future__ import annotations

import json
import os
from itertools import pairwise

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_search_app.search.model import Box, ChannelCoverage, Coverage, Moment
from gaze_search_app.views import FILM_FRAMES, coverage_lines, film, moment_view


def _moment(**given: object) -> Moment:
    base: dict[str, object] = {
        "fingerprint": "a" * 16,
        "path": "/films/holiday.mp4",
        "paths": ["/films/holiday.mp4"],
        "libraries": ["films"],
        "start_ms": 4000,
        "end_ms": 9000,
        "score": 0.8,
        "confidence": "strong",
    }
    return Moment.model_validate(base | given)


def _channel(searched: bool, videos: int, reason: str | None = None) -> ChannelCoverage:
    return ChannelCoverage(
        searched=searched,
        reason=reason,
        videos=videos,
        videos_total=6,
        duration_ms=videos * 60_000,
        duration_total_ms=360_000,
    )


def _coverage(**channels: ChannelCoverage) -> Coverage:
    """Of these channels; the others were not asked for."""
    unasked = _channel(False, 0).model_copy(update={"asked": False})
    names = ("transcript", "meaning", "visual", "text")
    return Coverage(snapshot=1, **{name: channels.get(name, unasked) for name in names})


def test_a_moment_names_its_file_time_and_picture() -> None:
    view = moment_view(_moment(frame_index=3))
    assert (view["title"], view["folder"]) == ("holiday.mp4", "/films")
    assert view["when"] == "0:04 – 0:09"
    assert view["poster"] == f"/thumbnails/{'a' * 16}/3.jpg"


def test_labels_asked_for_come_first_and_are_told_apart() -> None:
    view = moment_view(_moment(labels=["person", "car", "cup", "chair", "dog"]), asked=["dog"])
    assert view["labels"][0] == {"name": "dog", "asked": True}
    assert len(view["labels"]) == 4


def test_a_path_that_is_no_unicode_can_be_sent() -> None:
    path = os.fsdecode(b"/films/caf\xe9.mp4")
    json.dumps(moment_view(_moment(path=path))).encode("utf-8")
    assert moment_view(_moment(path=path))["title"].encode("utf-8")


def test_coverage_says_how_much_was_searched_and_what_to_do_about_the_rest() -> None:
    told = coverage_lines(
        _coverage(transcript=_channel(True, 5), visual=_channel(False, 0, "MODEL_MISSING"))
    )
    assert told[0] == "Speech searched in 5 of 6 videos (5 min of 6 min)"
    assert "MODEL_MISSING" in told[1]
    assert "gaze models pull" in told[1]


def test_coverage_speaks_of_the_channels_asked_for_only() -> None:
    whole = _coverage(transcript=_channel(True, 6), meaning=_channel(True, 6))
    assert coverage_lines(whole) == ["Speech searched in all of 6 videos (6 min)"]
    assert coverage_lines(_coverage(text=_channel(False, 0, SWITCHED_OFF))) == [
        "Text on screen not searched: switched off in the settings"
    ]


def test_meaning_is_told_of_where_it_lags_behind_the_words() -> None:
    lagging = _coverage(transcript=_channel(True, 6), meaning=_channel(False, 0, "MODEL_MISSING"))
    assert "Meaning of speech not searched: MODEL_MISSING" in coverage_lines(lagging)[1]


def test_a_line_that_only_means_what_is_asked_says_so() -> None:
    assert moment_view(_moment(snippet="the rent", by="meaning"))["why"] == "by meaning"
    assert moment_view(_moment(snippet="the rent", by="words"))["why"] == ""


def test_text_on_screen_comes_with_its_boxes() -> None:
    box = Box(x=0.1, y=0.2, w=0.3, h=0.4)
    view = moment_view(_moment(text="Exit", text_marks=[(0, 4)], text_score=1.0, boxes=[box]))
    assert (view["text"], view["text_marks"]) == ("Exit", [(0, 4)])
    assert view["boxes"] == [{"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}]
    assert "on screen 1.00" in view["evidence"]


def test_a_long_film_is_shown_by_evenly_chosen_frames() -> None:
    frames = [(index, index * 2000) for index in range(3600)]
    strip = film(frames, "a" * 16)
    steps = {later["ms"] - earlier["ms"] for earlier, later in pairwise(strip)}
    assert len(strip) <= FILM_FRAMES
    assert len(steps) == 1
