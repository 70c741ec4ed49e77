"""Every file plays in a real browser at the asked moment: upright, in shape, with its sound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gaze_pipeline.settings import VIDEO_SUFFIXES, Library, ScanSettings, Settings
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace
from tests.browser.conftest import PATIENCE_MS
from tests.conftest import SHARED_MEDIA
from tests.support.clips import number_of, render
from tests.support.formats import FORMATS, make_formats
from tests.support.serving import served
from tests.support.watching import Original, Screen, Seen, original, unlikeness

pytestmark = pytest.mark.browser

REFUSED = {
    *("png_named.mp4", "random_bytes.mp4", "text_file.mp4", "truncated_no_moov.mp4"),
    "zero_bytes.mp4",
}
READABLE_AT_MS = {  # what is damaged is asked for where there is a picture
    "truncated.webm": 700,
    "truncated_200k.mp4": 100,
}
RUINED = {"bit_errors.mp4"}  # its picture is another in every decoder
LATEST_MS = 1_300
BUSY_MS = 3_000  # so long may a browser on a busy machine play before it is looked at
ALIKE = 8.0  # of 255; what colour space a file is in may be guessed in two ways
SHAPE = 0.03


@dataclass(frozen=True)
class Shown:
    """One file as the browser showed it from `asked_ms` on, beside what the file holds there."""

    path: Path
    asked_ms: int
    seen: Seen
    original: Original


@pytest.fixture(scope="module")
def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """Each video of the test media and of the formats made here, by file name, played for a moment."""
    folder = tmp_path_factory.mktemp("playback")
    make_formats(folder / "formats")
    folders = [folder / "formats", SHARED_MEDIA / "video", SHARED_MEDIA / "odd"]
    libraries = [Library(name=each.name, path=each) for each in folders if each.is_dir()]
    settings = Settings(root=folder / "data", libraries=libraries, scan=ScanSettings(settle_s=0))
    workspace = Workspace.open(settings)
    scan_libraries(workspace)
    videos = workspace.catalog.videos.all()
    moments = [(video.fingerprint, moment_of(video)) for video in videos]
    with served(settings.root, folder / "search.log") as app:
        context = browser.new_context(base_url=app.url("").rstrip("/"))
        page = context.new_page()
        page.goto(f"/healthz?token={app.token}")
        seen = Screen(page).watch(moments)
        context.close()
    with ThreadPoolExecutor(2) as pool:
        paths = [video.path for video in videos]
        times = [one.at_ms or one.now_ms or 0.0 for one in seen]
        originals = list(pool.map(original, paths, times))
    asked = [ms for _, ms in moments]
    rows = map(Shown, paths, asked, seen, originals)
    return {one.path.name: one for one in rows}


def moment_of(video: VideoRow) -> int:
    """A moment within a video, in ms."""
    within = min(LATEST_MS, (video.duration_ms or 0) * 2 // 5)
    return READABLE_AT_MS.get(video.path.name, within)


def test_each_file_begins_to_play_at_the_moment(shown: dict[str, Shown]) -> None:
    for one in sorted(shown.values(), key=lambda one: one.seen.began_ms or 0):
        how = "converted" if one.seen.converted else "as it is"
        print(f"{one.seen.began_ms or -1:6.0f} ms  {one.path.name} ({how})")
    problems = {name: one.seen.problem for name, one in shown.items() if one.seen.problem}
    assert problems == {}
    late = {
        name: (one.asked_ms, one.seen.now_ms)
        for name, one in shown.items()
        if one.seen.began_ms is None or not 0 <= (one.seen.now_ms or 0) - one.asked_ms < BUSY_MS
    }
    assert late == {}


def test_the_picture_is_that_of_the_file_and_upright(shown: dict[str, Shown]) -> None:
    apart = {
        name: min(unlikeness(one.seen.image, image) for image in one.original.images)
        for name, one in shown.items()
        if one.seen.image is not None
    }
    assert {name for name, how in apart.items() if how > ALIKE} == RUINED
    pictures = {name for name, one in shown.items() if one.original.images}
    assert set(apart) == pictures
    for name in FORMATS:
        image = shown[name].seen.image
        assert image is not None
        wanted = {number_of(near) for near in shown[name].original.images}
        assert number_of(image) in wanted, name


def test_the_picture_has_the_right_shape(shown: dict[str, Shown]) -> None:
    shapes = {
        name: (one.seen.width / one.seen.height, one.original.aspect)
        for name, one in shown.items()
        if one.original.images
    }
    wrong = {name: both for name, both in shapes.items() if abs(both[0] / both[1] - 1) > SHAPE}
    assert wrong == {}


def test_sound_is_heard_where_there_is_any(shown: dict[str, Shown]) -> None:
    heard = {name for name, one in shown.items() if one.seen.heard}
    assert heard == {name for name, one in shown.items() if one.original.sound}


def test_a_converted_video_plays_on_into_what_follows_and_wherever_one_goes(
    browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    render(folder / "long.avi", range(0, 60_000, 40), codec="mpeg4")
    library = Library(name="films", path=folder)
    settings = Settings(root=tmp_path / "data", libraries=[library], scan=ScanSettings(settle_s=0))
    workspace = Workspace.open(settings)
    scan_libraries(workspace)
    (video,) = workspace.catalog.videos.all()
    with served(settings.root, tmp_path / "search.log") as app:
        context = browser.new_context(base_url=app.url("").rstrip("/"))
        page = context.new_page()
        page.goto(f"/healthz?token={app.token}")
        screen = Screen(page, 1)
        for ms in (10_300, 45_100, 2_700, 58_000):  # ahead, back, and to the last second
            (seen,) = screen.watch([(video.fingerprint, ms)])
            assert seen.image is not None
            assert seen.at_ms is not None
            assert abs(seen.at_ms - ms) < 300
            assert abs(number_of(seen.image) - seen.at_ms / 40 % 1024) <= 1
        (seen,) = screen.watch([(video.fingerprint, 20_000)])
        page.evaluate(
            """async () => {
              const [{ video }] = window.players;
              video.defaultPlaybackRate = video.playbackRate = 4;
              await video.play();
            }"""
        )
        page.wait_for_function(  # three stretches on
            "() => window.players[0].now > 33_000", timeout=PATIENCE_MS
        )
        context.close()
    made = sorted(int(path.name.split("-")[1]) for path in workspace.paths.clips.iterdir())
    assert {20_000, 24_000, 32_000} <= set(made)


def test_every_playable_file_of_the_test_media_was_played(
    media: Path, shown: dict[str, Shown]
) -> None:
    files = {path.name for folder in ("video", "odd") for path in (media / folder).iterdir()}
    videos = {name for name in files if Path(name).suffix in VIDEO_SUFFIXES}
    assert videos - set(shown) == REFUSED
