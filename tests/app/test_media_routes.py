"""The routes beside the pages, asked over HTTP."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest
import webvtt
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gaze_pipeline.errors import GazeError
from gaze_pipeline.settings import StorageSettings
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app import media_routes
from gaze_search_app.media_routes import MediaRoutes
from gaze_search_app.problems import failed, refused
from tests.support.synthetic import Film, SyntheticRoot


@pytest.fixture
def client(root: SyntheticRoot) -> TestClient:
    handlers = {GazeError: refused, Exception: failed}
    app = Starlette(routes=MediaRoutes(root.workspace).routes(), exception_handlers=handlers)
    return TestClient(app, raise_server_exceptions=False)


def test_a_file_is_sent_whole_or_by_the_range_asked_for(
    client: TestClient, film: str, clip_file: Path
) -> None:
    content = clip_file.read_bytes()
    whole = client.get(f"/files/{film}")
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "video/mp4"
    part = client.get(f"/files/{film}", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    tail = client.get(f"/files/{film}", headers={"range": "bytes=-50"})
    assert (tail.status_code, tail.content) == (206, content[-50:])
    beyond = client.get(f"/files/{film}", headers={"range": f"bytes={len(content)}-"})
    assert beyond.status_code == 416


def test_head_tells_the_size_without_the_content(
    client: TestClient, film: str, clip_file: Path
) -> None:
    head = client.head(f"/files/{film}")
    assert head.headers["content-length"] == str(clip_file.stat().st_size)
    assert head.content == b""


@pytest.mark.parametrize(
    "address",
    [
        "/files/ffffffffffffffff",
        "/files/..%2f..%2f..%2fetc%2fpasswd",
        "/files/../../etc/passwd",
        "/files/%00",
        "/files/AAAAAAAAAAAAAAAA",
        "/clips/..%2fcatalog.sqlite",
        "/clips/ffffffffffffffff-0-end-transcode.mp4",
        "/playback/ffffffffffffffff",
        "/thumbnails/..%2f..%2frun/0.jpg",
        "/thumbnails/aaaaaaaaaaaaaaaa/999999.jpg",
        "/posters/ffffffffffffffff.jpg",
        "/captions/ffffffffffffffff.srt",
        "/captions/aaaaaaaaaaaaaaaa.exe",
    ],
)
def test_what_is_not_in_the_catalog_is_not_found(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_missing_file_is_told_with_what_to_do(
    client: TestClient, film: str, clip_file: Path
) -> None:
    clip_file.unlink()
    answer = client.get(f"/playback/{film}?start_ms=0&end_ms=1000")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "FILE_NOT_FOUND"
    assert "gaze scan" in error["remedy"]


def test_a_copy_plays_when_the_first_file_is_gone(
    client: TestClient, root: SyntheticRoot, film: str, clip_file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "zz-copy.mp4"
    copy.write_bytes(clip_file.read_bytes())
    root.workspace.catalog.files.record([FileRow(copy, "films", 1, 1, film)])
    clip_file.unlink()
    assert client.get(f"/files/{film}").content == copy.read_bytes()


def test_a_path_that_leads_elsewhere_by_now_is_not_followed(
    client: TestClient, root: SyntheticRoot, film: str, clip_file: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("nobody's business", encoding="utf-8")
    thumbnails = list(root.workspace.paths.thumbnails(film).iterdir())
    clip = root.root / "clips" / f"{film}-0-end-transcode@0.mp4"
    clip.parent.mkdir()
    for path in (clip_file, clip, *thumbnails):
        path.unlink(missing_ok=True)
        path.symlink_to(secret)
    for address in (
        f"/files/{film}",
        f"/playback/{film}",
        f"/thumbnails/{film}/2.jpg",
        f"/posters/{film}.jpg",
        f"/clips/{film}-0-end-transcode.mp4",
    ):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "business" not in answer.text


def test_a_file_that_was_merely_touched_still_plays(
    client: TestClient, film: str, clip_file: Path
) -> None:
    clip_file.touch()
    assert client.get(f"/files/{film}").content == clip_file.read_bytes()


def test_playback_needs_no_conversion_where_browsers_play_the_file(
    client: TestClient, root: SyntheticRoot, film: str
) -> None:
    root.workspace.paths.facts(film).unlink()  # they are read from the file then
    told = client.get(f"/playback/{film}?start_ms=2000&end_ms=3000").json()
    assert told == {
        "url": f"/files/{film}",
        "offset_ms": 0,
        "until_ms": None,
        "duration_ms": 4000,
    }


def test_playback_converts_on_demand_and_after_the_cache_was_cleared(
    client: TestClient, root: SyntheticRoot, film: str
) -> None:
    told = client.get(f"/playback/{film}?start_ms=2000&end_ms=3000&convert=true").json()
    clip = client.get(told["url"], headers={"range": "bytes=0-99"})
    assert (clip.status_code, clip.headers["content-type"]) == (206, "video/mp4")
    for path in (root.root / "clips").iterdir():
        path.unlink()
    assert client.get(told["url"]).status_code == 200


def test_converted_clips_take_the_room_that_the_settings_give_them(
    root: SyntheticRoot, film: str
) -> None:
    clips = root.root / "clips"
    clips.mkdir()
    for number in range(3):
        with (clips / f"{'e' * 16}-0-end-transcode@{number}.mp4").open("wb") as file:
            file.truncate(60_000_000)
    storage = StorageSettings(clips_mb=150)
    settings = root.settings.model_copy(update={"storage": storage})
    routes = MediaRoutes(Workspace(settings)).routes()
    told = TestClient(Starlette(routes=routes)).get(f"/playback/{film}?convert=true")
    assert told.status_code == 200
    assert sum(path.stat().st_size for path in clips.iterdir()) < 150_000_000
    assert len(list(clips.glob(f"{'e' * 16}*"))) == 2


def test_an_unforeseen_failure_is_told_by_code(
    client: TestClient, film: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_routes, "plan", lambda *_, **__: 1 / 0)
    answer = client.get(f"/playback/{film}")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL"


def test_frames_may_be_kept_by_the_browser(client: TestClient, film: str) -> None:
    frame = client.get(f"/thumbnails/{film}/2.jpg")
    assert frame.headers["content-type"] == "image/jpeg"
    assert "max-age" in frame.headers["cache-control"]
    assert frame.headers["etag"]
    assert client.get(f"/posters/{film}.jpg").content == frame.content


def test_a_missing_frame_is_not_found_and_drawn_all_the_same(
    client: TestClient, root: SyntheticRoot, film: str
) -> None:
    shutil.rmtree(root.workspace.paths.thumbnails(film))
    for address in (f"/thumbnails/{film}/2.jpg", f"/posters/{film}.jpg"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["cache-control"] == "no-store", "it may come back"
        assert answer.text.startswith("<svg")


def test_the_transcript_has_its_lines_in_order(client: TestClient, film: str) -> None:
    lines = client.get(f"/transcripts/{film}").json()["segments"]
    assert [line["start_ms"] for line in lines] == [0, 4000, 8000]
    assert lines[2]["text"] == "The spaceship <b>landed</b> & everyone cheered"


def test_silence_and_pending_work_are_told_apart(client: TestClient, root: SyntheticRoot) -> None:
    root.add(Film("d" * 16, lines=None))
    silent = client.get(f"/transcripts/{'b' * 16}").json()
    pending = client.get(f"/transcripts/{'d' * 16}").json()
    assert silent["reason"] != pending["reason"]
    assert silent["segments"] == pending["segments"] == []


def test_captions_are_valid_and_named_after_the_video(client: TestClient, film: str) -> None:
    answer = client.get(f"/captions/{film}.vtt?download=true")
    parsed = webvtt.from_buffer(io.StringIO(answer.text))
    assert [caption.start for caption in parsed] == ["00:00:00.000", "00:00:04.000", "00:00:08.000"]
    assert unquote(answer.headers["content-disposition"]).endswith("Müller's film.vtt")
    srt = client.get(f"/captions/{film}.srt")
    assert srt.text.startswith("1\n00:00:00,000 --> 00:00:03,000\n")


def test_captions_of_a_converted_stretch_start_where_it_does(client: TestClient, film: str) -> None:
    parsed = webvtt.from_buffer(io.StringIO(client.get(f"/captions/{film}.vtt?from_ms=5000").text))
    assert [caption.start for caption in parsed] == ["00:00:00.000", "00:00:03.000"]
