"""A batch in which files bring their decoder down: each has its code, the others are done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.report import ScanReport
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.worker import Limits
from gaze_pipeline.settings import DecodingSettings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import retry
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app.media_routes import MediaRoutes
from gaze_search_app.problems import failed, refused
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
def workspace(tmp_path: Path, open_workspace: Open) -> Iterator[Workspace]:
    """An empty library, and a decoder that misbehaves as its files' names will say."""
    (tmp_path / "films").mkdir()
    opened = open_workspace(tmp_path / "films")
    opened.__dict__["decoder"] = Decoder(Limits(memory_mb=256, stall_s=1.0), HOSTILE)
    yield opened
    opened.decoder.close()


def take_up(workspace: Workspace, names: Iterable[str]) -> ScanReport:
    """Put videos of these names into the library and scan it."""
    for name in names:
        tiny_video(workspace.settings.libraries[0].path / name, seed=crc32(name.encode()))
    return scan_libraries(workspace)


def by_name(workspace: Workspace) -> dict[str, VideoRow]:
    return {video.path.name: video for video in workspace.catalog.videos.all()}


def left_behind(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.paths.root.rglob("*") if path.name.endswith(".tmp")]


def test_the_batch_goes_on(workspace: Workspace) -> None:
    report = take_up(workspace, [*REFUSED, *FAILED, *GOOD])
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


def test_a_file_that_brought_the_decoder_down_is_only_asked_again_by_hand(
    workspace: Workspace,
) -> None:
    take_up(workspace, ["probe crash .mp4", "write_frames crash .mp4"])
    index(workspace, Watcher())
    assert scan_libraries(workspace).unreadable == []
    assert index(workspace, Watcher()).outcomes == []
    retry(workspace, workspace.catalog.videos.all())
    again = index(workspace, Watcher()).outcomes
    assert ErrorCode.DECODER_CRASHED in {outcome.code for outcome in again}


def with_decoding(workspace: Workspace, **limits: float) -> Workspace:
    """The same data root under other limits, with a decoder that behaves."""
    decoding = DecodingSettings(**{**workspace.settings.decoding.model_dump(), **limits})
    return Workspace(workspace.settings.model_copy(update={"decoding": decoding}))


def test_what_a_limit_stopped_is_asked_again_once_that_limit_is_raised(
    workspace: Workspace,
) -> None:
    take_up(workspace, ["probe eat .mp4", "write_frames eat .mp4", "probe crash .mp4"])
    index(workspace, Watcher())
    other = with_decoding(workspace, memory_mb=2000, stall_s=90)
    assert scan_libraries(other).changes == 0, "another limit was raised, this one lowered"
    raised = with_decoding(workspace, memory_mb=2500)
    assert [path.name for path in scan_libraries(raised).new] == ["probe eat .mp4"]
    index(raised, Watcher())
    stages = by_name(raised)["write_frames eat .mp4"].stages
    assert stages[Stage.FRAMES].status is Status.DONE
    assert scan_libraries(raised).changes == 0


@pytest.mark.parametrize("task", ["extract_audio", "write_frames"])
def test_cancelling_leaves_nothing_half_made(workspace: Workspace, task: str) -> None:
    def stop(stage: Stage, fingerprint: str, fraction: float) -> None:
        raise KeyboardInterrupt

    take_up(workspace, [f"{task} hang .mp4"])
    with pytest.raises(KeyboardInterrupt):
        index(workspace, Watcher(on_progress=stop))
    assert left_behind(workspace) == []


def test_the_page_answers_with_the_code(workspace: Workspace) -> None:
    deeds = {
        "crash": ErrorCode.DECODER_CRASHED,
        "hang": ErrorCode.DECODER_STALLED,
        "eat": ErrorCode.DECODER_MEMORY,
    }
    take_up(workspace, ["good one .mp4", *(f"write_clip {deed} .mp4" for deed in deeds)])
    client = TestClient(
        Starlette(
            routes=MediaRoutes(workspace).routes(),
            exception_handlers={GazeError: refused, Exception: failed},
        ),
        raise_server_exceptions=False,
    )
    videos = by_name(workspace)
    for deed, code in deeds.items():
        video = videos[f"write_clip {deed} .mp4"]
        answer = client.get(f"/clips/{video.fingerprint}-0-1000-transcode.mp4")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code.name)
    good = videos["good one .mp4"].fingerprint
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
