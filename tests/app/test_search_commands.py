"""`gaze search` and `gaze captions` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import ModelSettings, Settings
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.model import SearchResponse
from tests.support import synthetic
from tests.support.gaze import Gaze
from tests.support.synthetic import Film, Line, SyntheticRoot

A, B = "a" * 16, "b" * 16


@pytest.fixture
def root(tmp_path: Path) -> SyntheticRoot:
    root = SyntheticRoot(tmp_path / "data")
    lines = [Line(61_000, 64_000, "ask not what your country [can do] for you")]
    root.add(Film(A, lines, labels={30: ["dog"]}, frames=32, path=tmp_path / "jfk.mp4"))
    root.add(Film(B, None))
    return root


def gaze(root: SyntheticRoot, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gaze_pipeline.cli", *arguments],
        env={"GAZE_DATA": str(root.root), "PATH": "", "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )


def test_a_person_reads_time_path_words_and_coverage(root: SyntheticRoot) -> None:
    publish(root.workspace)
    result = gaze(root, "search", "your", "country")
    assert result.returncode == 0, result.stderr
    for part in ("1:01-1:04", "jfk.mp4", "[can do]", "seen: dog", "1 of 2 videos", "QUEUED"):
        assert part in result.stdout


def test_pictures_are_searched_without_torch_and_streamlit(
    tmp_path: Path, test_models: ModelSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "MODEL_ID", "test-clip")
    root = SyntheticRoot(tmp_path / "data", dimensions=128)
    root.settings = Settings(root=root.root, models=test_models)
    root.add(Film(A, [], root.near_topics([1, 2])))
    publish(root.workspace)
    code = (
        "import atexit, sys; from gaze_pipeline import cli; sys.argv[0] = 'gaze'; "
        "atexit.register(lambda: print(*sys.modules)); cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "search", "red", "star"],
        env=Gaze(root.root, test_models).environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "visual searched in 1 of 1 videos" in done.stdout
    heavy = {"torch", "torchvision", "open_clip", "timm", "streamlit", "dagster"}
    assert heavy.isdisjoint(done.stdout.split())


def test_a_program_reads_json_alone(root: SyntheticRoot) -> None:
    publish(root.workspace)
    result = gaze(root, "search", "country", "--label", "dog", "--limit", "3", "--json")
    response = SearchResponse.model_validate(json.loads(result.stdout))
    assert [moment.fingerprint for moment in response.moments] == [A]
    assert gaze(root, "search", "zebra", "--json").returncode == 0


def test_what_does_not_convince_is_told_and_shown_on_request(root: SyntheticRoot) -> None:
    publish(root.workspace)
    query = ("country", "zebra", "giraffe", "lion")
    told = gaze(root, "search", *query).stdout
    assert "Nothing convincing" in told
    assert "--weak shows 1 weak match." in told
    assert "jfk.mp4" not in told
    shown = gaze(root, "search", *query, "--weak").stdout
    assert "weak      1:01-1:04" in shown
    assert "strong    1:01-1:04" in gaze(root, "search", "your", "country").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("search", "fox", "--library", "nowhere"), "LIBRARY_UNKNOWN"),
        (("search", " "), "QUERY_EMPTY"),
        (("search", "fox", "--label", "zebra"), "LABEL_UNKNOWN"),
        (("captions", "nowhere.mp4"), "VIDEO_UNKNOWN"),
        (("captions", B), "TRANSCRIPT_MISSING"),
    ],
)
def test_errors_have_a_code_and_exit_1(
    root: SyntheticRoot, arguments: tuple[str, ...], code: str
) -> None:
    publish(root.workspace)
    result = gaze(root, *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert code in result.stderr


def test_the_reading_of_a_query_is_told(root: SyntheticRoot) -> None:
    publish(root.workspace)
    result = gaze(root, "search", 'say:"your country', "library:films", "label:dgo")
    assert "Read as: say:your country label:dgo library:films" in result.stdout
    assert "close to it: dog" in result.stdout
    plain = gaze(root, "search", "your", "country", "--json").stdout
    assert json.loads(plain)["reading"] == {"text": "your country", "notes": []}
    assert "Read as" not in gaze(root, "search", "your", "country").stdout


def test_each_part_of_a_chain_is_shown_at_its_time(root: SyntheticRoot) -> None:
    publish(root.workspace)
    result = gaze(root, "search", 'label:dog then say:"what your country"')
    for part in (
        "1:00-1:04",
        "1:00  label:dog",
        '1:01  say:"what your country"',
        "speech searched",
    ):
        assert part in result.stdout


def test_a_query_beyond_measure_is_refused(root: SyntheticRoot) -> None:
    assert "ARGUMENT_INVALID" in gaze(root, "search", "x" * 1001).stderr


def test_before_the_first_publication_it_says_so(root: SyntheticRoot) -> None:
    result = gaze(root, "search", "fox")
    assert result.returncode == 1
    assert "INDEX_MISSING" in result.stderr


def test_a_label_is_known_in_any_case_and_a_slip_is_named(root: SyntheticRoot) -> None:
    publish(root.workspace)
    assert gaze(root, "search", "country", "--label", "Dog").stdout.count("seen: dog") == 1
    slip = gaze(root, "search", "country", "--label", "dgo")
    assert "LABEL_UNKNOWN" in slip.stderr
    assert "close to it: dog" in slip.stderr
    assert "there are: dog" in gaze(root, "search", "country", "--label", "zebra").stderr


def test_without_a_detector_no_label_is_called_unknown(root: SyntheticRoot) -> None:
    for fingerprint in (A, B):
        root.workspace.artifacts.remove(fingerprint)
        root.workspace.catalog.stages.settle(
            fingerprint, Stage.DETECTIONS, Status.WAITING, ErrorCode.MODEL_MISSING, "detector"
        )
    publish(root.workspace)
    result = gaze(root, "search", "country", "--label", "dog")
    assert result.returncode == 1
    assert "MODEL_MISSING" in result.stderr


def test_captions_by_path_and_by_fingerprint(root: SyntheticRoot, tmp_path: Path) -> None:
    by_path = gaze(root, "captions", str(tmp_path / "jfk.mp4"), "--format", "vtt")
    assert by_path.stdout.startswith("WEBVTT\n\n00:01:01.000 --> 00:01:04.000\n")
    assert gaze(root, "captions", A).stdout.startswith("1\n00:01:01,000 --> ")
