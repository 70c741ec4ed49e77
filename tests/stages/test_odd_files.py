"""How each of the odd files of the test media ends, through registration and the stages that decode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import VIDEO_SUFFIXES, Library, ScanSettings, Settings
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.workspace import Workspace


@dataclass(frozen=True)
class End:
    """Seconds of sound (None: no sound track), the number of frames, and what is said of it."""

    sound_s: float | None
    frames: int
    damage: str = ""


ENDS: dict[str, End | ErrorCode] = {
    "anamorphic_sar_16_9.mp4": End(None, 3),
    "audio_only.m4a": End(11.0, 0),
    "audio_only.mp4": End(11.0, 0),
    "bit_errors.mp4": End(11.0, 6, "15 of 475 packets are corrupt"),
    "black_silent_3s.mp4": End(3.0, 2),
    "decord_rot_0.mov": End(None, 1),
    "decord_rot_180.mov": End(None, 1),
    "decord_rot_270.mov": End(None, 1),
    "decord_rot_90.mov": End(None, 1),
    "dog.flv": End(11.1, 6),
    "dog_av1.mp4": End(11.0, 6),
    "dog_h264_mp3.mkv": End(11.0, 6),
    "dog_hevc_hvc1.mp4": End(11.0, 6),
    "dog_mpeg2.ts": End(11.0, 6),
    "dog_mpeg4_mp3.avi": End(11.0, 6),
    "dog_prores_pcm_3s.mov": End(3.0, 2),
    "dog_vp9_opus.webm": End(11.0, 6),
    "imageio_cockatoo_yuv444.mp4": End(13.9, 7),
    "moviepy_big_buck_bunny_432_433.webm": End(1.0, 1),
    "moviepy_no_duration.webm": End(4.9, 3),
    "moviepy_smpte-2997.mp4": End(10.0, 6),
    "moviepy_transparent.webm": End(4.9, 3),
    "moviepy_with-attached-pic.mp3": End(1.0, 0),
    "no_audio.mp4": End(None, 6),
    "one_frame.mp4": End(None, 1),
    "png_named.mp4": ErrorCode.NOT_A_VIDEO,
    "random_bytes.mp4": ErrorCode.NOT_A_VIDEO,
    "rotated_display_matrix_90.mp4": End(5.0, 3),
    "silent_audio_track.mp4": End(8.0, 5),
    "still_cat_stereo_two_speakers.mp4": End(5.0, 3),
    "text_file.mp4": ErrorCode.NOT_A_VIDEO,
    "tiny_16x16.mp4": End(None, 2),
    "torchcodec_av1_video.mkv": End(None, 3),
    "torchcodec_bt709_full_range.mp4": End(None, 1),
    "torchcodec_h264_10bits.mp4": End(None, 1),
    "torchcodec_h265_10bits.mp4": End(None, 1),
    "torchcodec_h265_video.mp4": End(None, 1),
    "truncated.mkv": End(5.4, 3, "ends at 5.5 s of 11.2 s"),
    "truncated.webm": End(1.5, 1, "ends at 1.5 s of 11.2 s"),
    "truncated_200k.mp4": End(0.2, 1, "ends at 0.2 s of 9.7 s"),
    "truncated_no_moov.mp4": ErrorCode.FILE_DAMAGED,
    "two_audio_tracks_fra_eng_default_second.mkv": End(11.0, 6),
    "variable_frame_rate.mp4": End(11.0, 6),
    "zero_bytes.mp4": ErrorCode.FILE_EMPTY,
}


@pytest.fixture(scope="module")
def indexed(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """All of them, in one batch."""
    settings = Settings(
        root=tmp_path_factory.mktemp("odd") / "data",
        libraries=[Library(name="odd", path=media / "odd")],
        scan=ScanSettings(settle_s=0, suffixes=[*VIDEO_SUFFIXES, ".m4a", ".mp3"]),
    )
    workspace = Workspace.open(settings)
    scan_libraries(workspace)
    keys = [video.fingerprint for video in workspace.catalog.videos.all()]
    for stage in (Stage.AUDIO, Stage.FRAMES):
        assert len(list(run_stage(stage, keys, workspace))) == len(keys)
    yield workspace
    workspace.decoder.close()


def test_the_table_names_every_file(indexed: Workspace, media: Path) -> None:
    assert set(ENDS) == {path.name for path in (media / "odd").iterdir()}
    assert set(ENDS) == {file.path.name for file in indexed.catalog.files.all()}


@pytest.mark.parametrize("name", [name for name, end in ENDS.items() if isinstance(end, ErrorCode)])
def test_what_is_no_video_is_refused(indexed: Workspace, name: str) -> None:
    file = row(indexed, name)
    assert (file.fingerprint, file.error_code) == (None, ENDS[name])


@pytest.mark.parametrize(
    ("name", "end"), [(name, end) for name, end in ENDS.items() if isinstance(end, End)]
)
def test_what_can_be_read_is_indexed(indexed: Workspace, name: str, end: End) -> None:
    key = row(indexed, name).fingerprint
    assert key is not None
    video = indexed.catalog.videos.get(key)
    assert video is not None
    status = (Status.PARTIAL, ErrorCode.FILE_DAMAGED) if end.damage else (Status.DONE, None)
    rows = [video.stages[stage] for stage in (Stage.AUDIO, Stage.FRAMES)]
    assert [(stage.status, stage.error_code) for stage in rows] == [status, status]
    assert end.damage in rows[0].error_detail
    (sound,) = indexed.artifacts.read(key, Stage.AUDIO).to_pylist()
    assert sound["has_audio"] is (end.sound_s is not None)
    assert sound["duration_ms"] / 1000 == pytest.approx(end.sound_s or 0, abs=0.1)
    assert indexed.artifacts.read(key, Stage.FRAMES).num_rows == end.frames
    assert len(list(indexed.paths.thumbnails(key).iterdir())) == end.frames


def row(workspace: Workspace, name: str) -> FileRow:
    return next(file for file in workspace.catalog.files.all() if file.path.name == name)
