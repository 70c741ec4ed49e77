"""A batch in which files bring their decoder down: each has its code, the others are done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.worker import Limits
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import retry
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app.media_routes import MediaRoutes, failed, refused
from tests.support.hostile_worker import HOSTILE
from tests.support.roots import tiny_video

Open = Callable[..., Workspace]

REFUSED = {
    "probe crash .mp4": ErrorCode.DECODER_CRASHED,
    "probe hang .mp4": ErrorCode.DECODER_STALLED,
    "probe eat .mp4": ErrorCode.DECODER_MEMORY,
}
FAILED = {
    "extract_audio crash .mp4": (Stage.AUDIO, ErrorCode.DECODER_CRASHED),
    "extract_audio grip .mp4": (Stage.AUDIO, ErrorCode.DECODER_STALLED),
    "write_frames assert .mp4": (Stage.FRAMES, ErrorCode.DECODER_CRASHED),
    "write_frames eat .mp4": (Stage.FRAMES, ErrorCode.DECODER_MEMORY),
}
GOOD = ["a good one .mp4", "film good .mp4", "xylophone good .mp4"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good and bad files, in one folder."""
    films = tmp_path / "films"
    films.mkdir()
    for seed, name in enumerate([*REFUSED, *FAILED, *GOOD]):
        tiny_video(films / name, seed)
    return films


@pytest.fixture
def workspace(folder: Path, open_workspace: Open) -> Iterator[Workspace]:
    """A workspace whose decoder misbehaves as the files' names say."""
    opened = open_workspace(folder)
    yield with_hostile_decoder(opened)
    opened.decoder.close()


def with_hostile_decoder(workspace: Workspace) -> Workspace:
    workspace.__dict__["decoder"] = Decoder(Limits(memory_mb=500, stall_s=2.0), HOSTILE)
    return workspace


def by_name(workspace: Workspace) -> dict[str, VideoRow]:
    return {video.path.name: video for video in workspace.catalog.videos.all()}


def left_behind(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.paths.root.rglob("*") if path.name.endswith(".tmp")]


def test_the_batch_goes_on(workspace: Workspace) -> None:
    report = scan_libraries(workspace)
    assert {path.name: error.code for path, error in report.unreadable} == REFUSED
    index(workspace, Watcher())
    videos = by_name(workspace)
    assert set(videos) == {*FAILED, *GOOD}
    for name, (stage, code) in FAILED.items():
        row = videos[name].stages[stage]
        assert (row.status, row.error_code) == (Status.FAILED, code), name
        other = Stage.FRAMES if stage is Stage.AUDIO else Stage.AUDIO
        assert videos[name].stages[other].status is Status.DONE
        assert workspace.artifacts.info(videos[name].fingerprint, stage) is None
    for name in GOOD:
        stages = videos[name].stages
        assert {stages[Stage.AUDIO].status, stages[Stage.FRAMES].status} == {Status.DONE}
    assert left_behind(workspace) == []


def test_a_file_that_brought_the_decoder_down_is_not_asked_again(workspace: Workspace) -> None:
    scan_libraries(workspace)
    index(workspace, Watcher())
    assert scan_libraries(workspace).unreadable == []
    assert index(workspace, Watcher()).outcomes == []
    retry(workspace, workspace.catalog.videos.all())
    again = index(workspace, Watcher()).outcomes
    codes = {outcome.code for outcome in again if outcome.stage in (Stage.AUDIO, Stage.FRAMES)}
    assert codes == {code for _, code in FAILED.values()}


def test_cancelling_leaves_nothing_half_made(workspace: Workspace) -> None:
    def stop(stage: Stage, fingerprint: str, fraction: float) -> None:
        if name[fingerprint].startswith("write_frames"):
            raise KeyboardInterrupt

    scan_libraries(workspace)
    name = {video.fingerprint: video.path.name for video in workspace.catalog.videos.all()}
    with pytest.raises(KeyboardInterrupt):
        index(workspace, Watcher(on_progress=stop))
    assert left_behind(workspace) == []


def test_the_page_answers_with_the_code(workspace: Workspace, folder: Path) -> None:
    names = {"write_clip crash .mp4", "write_clip hang .mp4", "write_clip eat .mp4"}
    for seed, name in enumerate(sorted(names), 100):
        tiny_video(folder / name, seed)
    scan_libraries(workspace)
    routes = MediaRoutes(workspace).routes()
    client = TestClient(
        Starlette(routes=routes, exception_handlers={GazeError: refused, Exception: failed}),
        raise_server_exceptions=False,
    )
    answers = {}
    for name in names:
        fingerprint = by_name(workspace)[name].fingerprint
        answer = client.get(f"/clips/{fingerprint}-0-1000-transcode.mp4")
        answers[name.split()[1]] = (answer.status_code, answer.json()["error"]["code"])
    assert answers == {
        "crash": (422, "DECODER_CRASHED"),
        "hang": (422, "DECODER_STALLED"),
        "eat": (422, "DECODER_MEMORY"),
    }
    good = by_name(workspace)[GOOD[0]].fingerprint
    assert client.get(f"/clips/{good}-0-1000-transcode.mp4").status_code == 200
    assert not list((workspace.paths.root / "clips").glob(".making-*"))


INDEX = """
import sys
from pathlib import Path
from gaze_pipeline.settings import Library, ScanSettings, Settings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import retry
from gaze_pipeline.workspace import Workspace

films = Library(name="films", path=Path(sys.argv[1]))
settings = Settings(root=sys.argv[2], libraries=[films], scan=ScanSettings(settle_s=0))
workspace = Workspace.open(settings)
scan_libraries(workspace)
index(workspace, Watcher())
assert len(workspace.catalog.videos.all()) == 1
assert "av" not in sys.modules
"""


def test_the_process_that_indexes_never_loads_the_codecs(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    tiny_video(films / "film.mp4")
    subprocess.run(
        [sys.executable, "-c", INDEX, str(films), str(tmp_path / "data")],
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
