"""Which frames are looked at, and which show what was looked at before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from gaze_pipeline.media.encode import write_video
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.stages.thumbnails import BATCH, looks
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace

FPS = 2
Picture = np.ndarray


def pictures(seed: int, count: int) -> list[Picture]:
    """Different pictures of soft colours: uint8 [180, 320, 3]."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 230, (count, 5, 9, 3), dtype=np.uint8)
    return [np.asarray(Image.fromarray(one).resize((320, 180))) for one in coarse]


def indexed(frames: list[Picture], folder: Path, workspace: Workspace) -> str:
    """The fingerprint of a film that shows each of these for two seconds, its frames sampled."""
    folder.mkdir()
    shown = [frame for frame in frames for _ in range(2 * FPS)]
    write_video(folder / "film.mp4", shown, FPS, options={"crf": "10"})
    scan_libraries(workspace)
    (video,) = workspace.catalog.videos.all()
    list(run_stage(Stage.FRAMES, [video.fingerprint], workspace))
    return video.fingerprint


def seen(fingerprint: str, workspace: Workspace) -> list[list[int]]:
    """The indices of the frames of each look."""
    told: list[float] = []
    found = list(looks(fingerprint, workspace, told.append, at_once=4))
    assert all(len(batch) <= BATCH for batch in found)
    assert told[-1] == 1.0
    return [[index for index, _ in look.frames] for batch in found for look in batch]


def test_frames_that_show_the_same_are_one_look(
    tmp_path: Path, open_workspace: Callable[..., Workspace]
) -> None:
    one, other = pictures(1, 2)
    pointer = one.copy()
    pointer[80:92, 100:108] = 255
    workspace = open_workspace(tmp_path / "films")

    key = indexed([one] * 4 + [other] * 2 + [one, pointer], tmp_path / "films", workspace)

    assert seen(key, workspace) == [[0, 1, 2, 3], [4, 5], [6], [7]]


def test_every_frame_is_in_a_look_once_however_many_there_are(
    tmp_path: Path, open_workspace: Callable[..., Workspace]
) -> None:
    every = pictures(2, BATCH + 3)
    workspace = open_workspace(tmp_path / "films")

    key = indexed([*every, every[-1]], tmp_path / "films", workspace)

    last = BATCH + 2
    assert seen(key, workspace) == [[index] for index in range(last)] + [[last, last + 1]]
    (whole,) = looks(key, workspace, lambda share: None, at_once=2 * BATCH)
    assert len(whole) == BATCH + 3  # a model that takes up more at once is given more


def test_what_changes_slowly_is_looked_at_again(
    tmp_path: Path, open_workspace: Callable[..., Workspace]
) -> None:
    (one,) = pictures(3, 1)
    fading = [(one * (1 - step / 60)).astype(np.uint8) for step in range(20)]
    workspace = open_workspace(tmp_path / "films")

    key = indexed(fading, tmp_path / "films", workspace)

    found = seen(key, workspace)
    assert [index for look in found for index in look] == list(range(20))
    assert 4 < len(found) <= 20
