"""What a program on this machine learns over HTTP."""

from __future__ import annotations

import base64
import io

import pytest
import webvtt
from PIL import Image
from starlette.testclient import TestClient

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import StageRow
from gaze_pipeline.workspace import Workspace

ROAD = "a" * 16


def test_a_query_is_answered_as_on_the_page(api: TestClient) -> None:
    asked = {"query": "country road", "mode": "transcript"}
    answer = api.post("/search", json=asked).json()

    best = answer["moments"][0]
    assert (best["fingerprint"], best["snippet"]) == (ROAD, "a quiet country road")
    assert answer["coverage"]["transcript"]["searched"]
    address = api.get("/search", params={"q": "country road", "mode": "transcript"}).json()
    assert address["moments"] == answer["moments"]


def test_a_frame_may_stand_in_the_address(api: TestClient) -> None:
    asked = {"like": {"fingerprint": ROAD, "at_ms": 0}}
    posted = api.post("/search", json=asked).json()
    address = api.get("/search", params={"like": f"{ROAD}@0"}).json()
    assert address["coverage"] == posted["coverage"]
    unknown = api.get("/search", params={"like": f"{'f' * 16}@0"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "VIDEO_UNKNOWN")
    assert api.get("/search", params={"like": "film.mp4@1:23"}).status_code == 422


def test_a_picture_is_given_as_base64_and_refused_by_code(api: TestClient) -> None:
    none = base64.b64encode(b"no picture at all").decode()
    refused = api.post("/search", json={"picture": none})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "PICTURE_UNREADABLE")

    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 20, 20)).save(buffer, "PNG")
    shown = base64.b64encode(buffer.getvalue()).decode()
    answer = api.post("/search", json={"picture": shown}).json()
    assert answer["moments"] == []
    assert answer["coverage"]["visual"]["reason"], "no model is installed here"


def test_filters_of_the_address_may_be_repeated(api: TestClient) -> None:
    of = {"q": "country", "library": ["films"], "fingerprint": [ROAD, "b" * 16]}
    moments = api.get("/search", params=of).json()["moments"]
    assert {moment["fingerprint"] for moment in moments} == {ROAD}


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/search?q=road&library=nowhere", 404, "LIBRARY_UNKNOWN"),
        ("/search?q=road&label=unicorn", 422, "LABEL_UNKNOWN"),
        ("/search?q=lang:de", 422, "QUERY_EMPTY"),
        ("/search?q=road&limit=0", 422, "ARGUMENT_INVALID"),
        ("/videos/0000000000000000", 404, "VIDEO_UNKNOWN"),
        ("/captions/0000000000000000", 404, "VIDEO_UNKNOWN"),
        ("/libraries/nowhere", 404, "LIBRARY_UNKNOWN"),
        ("/somewhere", 404, "ADDRESS_UNKNOWN"),
    ],
)
def test_failures_say_what_to_do(api: TestClient, address: str, status: int, code: str) -> None:
    answer = api.get(address)
    problem = answer.json()["error"]
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["message"]
    assert problem["remedy"]


@pytest.mark.parametrize("address", ["/videos", "/jobs", "/settings", "/libraries/films"])
def test_what_would_change_something_says_where_that_is_done(api: TestClient, address: str) -> None:
    for answer in (api.post(address, json={}), api.delete(address), api.put(address, json={})):
        assert answer.status_code == 405
        assert answer.json()["error"]["code"] == "READ_ONLY"
        assert "gaze" in answer.json()["error"]["remedy"]


def test_videos_come_in_pages_that_never_overlap(api: TestClient) -> None:
    pages = [api.get("/videos", params={"limit": 2, "offset": at}).json() for at in (0, 2)]
    titles = [video["title"] for page in pages for video in page["videos"]]
    assert titles == [f"{'a' * 16}.mp4", f"{'b' * 16}.mp4", "Müller's film.mp4"]
    assert {page["total"] for page in pages} == {3}
    assert api.get("/videos", params={"title": "MÜLLER"}).json()["total"] == 1
    assert api.get("/videos", params={"library": "films"}).json()["total"] == 2


def test_a_video_tells_its_facts_and_where_its_parts_are(api: TestClient) -> None:
    video = api.get(f"/videos/{ROAD}").json()
    assert (video["duration_ms"], video["facts"]["width"]) == (6000, 1280)
    captions = api.get(video["captions"].removeprefix("/api"), params={"format": "vtt"})
    assert captions.headers["content-type"].startswith("text/vtt")
    assert [cue.text for cue in webvtt.from_string(captions.text)] == ["a quiet country road"]
    assert api.get(video["job"].removeprefix("/api")).json()["id"] == ROAD


def test_jobs_show_what_needs_attention_first(api: TestClient, workspace: Workspace) -> None:
    failed = StageRow(
        Stage.FRAMES, Status.FAILED, error_code=ErrorCode.FILE_DAMAGED, error_detail="cut off"
    )
    workspace.catalog.stages.reset("b" * 16, Stage.FRAMES)
    workspace.catalog.stages.settle_all([("b" * 16, failed)])

    jobs = api.get("/jobs").json()

    first = jobs["jobs"][0]
    assert (first["id"], first["state"]) == ("b" * 16, "FAILED")
    (frames,) = (stage for stage in first["stages"] if stage["stage"] == "frames")
    assert (frames["problem"]["code"], frames["problem"]["detail"]) == ("FILE_DAMAGED", "cut off")
    assert 0 < jobs["progress"] <= 1
    assert api.get("/jobs", params={"state": "FAILED"}).json()["total"] == 1


def test_health_names_what_is_missing_and_its_remedy(api: TestClient) -> None:
    health = api.get("/health").json()
    assert not health["ready"]
    assert {problem["code"] for problem in health["problems"]} == {"MODEL_MISSING"}
    assert health["index"]["number"] >= 1
    assert health["dagster"].startswith("http://127.0.0.1:")


def test_a_library_tells_of_its_folder(api: TestClient) -> None:
    (library,) = api.get("/libraries").json()["libraries"]
    assert (library["name"], library["videos"], library["offline"]) == ("films", 2, None)
    assert api.get("/libraries/films").json()["refused"] == []


def test_settings_say_where_they_are_changed(api: TestClient) -> None:
    settings = api.get("/settings").json()
    assert settings["where"].endswith("gaze.toml")
    assert settings["frames"]["every_ms"] == 2000
