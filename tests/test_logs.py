"""What logs never hold: tokens, and paths that the user did not allow."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline import logs
from gaze_pipeline.logs import CHECKOUT, Redaction, rotating_log
from gaze_pipeline.settings import Library, Settings, SupportSettings

FILMS = Path("/media/Jörg's disk/Family films")
NAME = "Ärger im Urlaub (2019) 東京.mp4"
TOKEN = "s3cret-token_value"


def settings(log_paths: bool = False) -> Settings:
    return Settings(
        root=Path("/srv/gaze data"),
        libraries=[Library(name="Films", path=FILMS)],
        support=SupportSettings(log_paths=log_paths),
    )


REDACT = Redaction(settings(), TOKEN)


@pytest.mark.parametrize(
    "line",
    [
        f"reading {FILMS}/{NAME}",
        f"reading {FILMS}/{NAME}: Invalid data found",
        f"FileNotFoundError: [Errno 2] No such file or directory: {str(FILMS / NAME)!r}",
        f'  File "{FILMS}/{NAME}", line 3, in load',
        f"[{FILMS / NAME}] could not be read",
        json.dumps({"video": str(FILMS / NAME), "code": 3}),
        json.dumps({"video": str(FILMS / NAME), "code": 3}, ensure_ascii=False),
        f"GET /files?path={quote(str(FILMS / NAME))}&x=1",
        f"GET /files?path={quote(str(FILMS / NAME), safe='')}&x=1",
        f"moved {FILMS}/{NAME} to {FILMS}/deeper down/{NAME}",
        f"{FILMS}/no suffix at all in a name",
    ],
)
def test_a_path_in_a_library_becomes_its_name_and_a_hash(line: str) -> None:
    told = REDACT(line)
    assert "<library:Films>/…" in told
    for part in ("Urlaub", "Family", "disk", "rg's", "%20", "u6771", "東京", "suffix", "deeper"):
        assert part not in told, told


def test_what_stands_around_a_path_stays() -> None:
    told = REDACT(f'  File "{FILMS}/{NAME}", line 3, in load')
    assert told.endswith('", line 3, in load')
    assert REDACT(f"{FILMS}/{NAME}: Invalid data").endswith(": Invalid data")
    assert REDACT(f"GET /files?path={quote(str(FILMS / NAME))}&x=1").endswith("&x=1")


def test_one_file_has_one_name_however_it_is_written() -> None:
    path = str(FILMS / NAME)
    forms = [repr(path)[1:-1], json.dumps(path), quote(path), f"'{path}'"]
    names = {told[told.index("<") :].rstrip("'\"") for told in map(REDACT, forms)}
    assert len(names) == 1


def test_our_own_folders_stay_readable_and_their_place_does_not() -> None:
    assert REDACT("/srv/gaze data/logs/gaze.log is full") == "<data>/logs/gaze.log is full"
    assert REDACT(f'File "{CHECKOUT}/gaze_pipeline/cli.py", line 1') == (
        'File "<gaze>/gaze_pipeline/cli.py", line 1'
    )


def test_other_peoples_folders_are_places_too() -> None:
    assert REDACT(f"{Path.home()}/Private/x.mov").startswith("<")
    assert "Private" not in REDACT(f"{Path.home()}/Private/x.mov")
    assert "secret" not in REDACT("open /tmp/secret film.mkv now")
    assert REDACT("GET /playback/0123456789abcdef took 3 ms") == (
        "GET /playback/0123456789abcdef took 3 ms"
    )
    assert REDACT("/usr/lib/libc.so.6 is not Python's") == "/usr/lib/libc.so.6 is not Python's"


def test_tokens_go_always() -> None:
    for redact in (REDACT, Redaction(settings(log_paths=True), TOKEN)):
        assert TOKEN not in redact(f"http://127.0.0.1:8420/?token={TOKEN}")
        assert "abc-DEF_1" not in redact("http://127.0.0.1:8420/?token=abc-DEF_1")
        assert "abc-DEF_1" not in redact("Authorization: Bearer abc-DEF_1")


def test_support_mode_shows_paths() -> None:
    shown = Redaction(settings(log_paths=True))
    assert shown(f"reading {FILMS}/{NAME}") == f"reading {FILMS}/{NAME}"


def test_a_traceback_in_a_log_is_redacted_line_by_line(tmp_path: Path) -> None:
    log = rotating_log(tmp_path / "x.log", REDACT)
    try:
        (FILMS / NAME).read_bytes()
    except OSError as error:
        log.info("failed\n%s", "".join(traceback.format_exception(error)))
    logs.close(log)
    text = (tmp_path / "x.log").read_text()
    assert "FileNotFoundError" in text
    assert "<gaze>/tests/test_logs.py" in text
    assert "Urlaub" not in text


def test_a_log_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOG_BYTES", 1000)
    log = rotating_log(tmp_path / "x.log", REDACT)
    for _ in range(200):
        log.info("a line of some length, again and again")
    logs.close(log)
    assert len(list(tmp_path.iterdir())) == logs.LOG_COUNT + 1
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 5000


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_no_form_of_any_path_survives(parts: list[str]) -> None:
    marked = "/".join(f"{part}Zq9zQ" for part in parts)
    path = f"{FILMS}/{marked}"
    for form in (json.dumps(path), quote(path), f'"{path}"' if '"' not in path else repr(path)):
        for line in form.split("\n"):
            if str(FILMS) in line or "%20films" in line or "Family films" in line:
                assert "Zq9zQ" not in REDACT(line), line
