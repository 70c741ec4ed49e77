"""Files whose names are made to break things: each is indexed, and reads right wherever it is shown."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gaze_pipeline.names import readable, valid
from gaze_pipeline.settings import Library, Settings
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.workspace import Workspace
from gaze_search_app.app_pages.library import _row as library_row
from gaze_search_app.library_view import rows
from gaze_search_app.media_routes import MediaRoutes
from tests.support.gaze import Gaze
from tests.support.roots import tiny_video

NAMES = [
    b"new\nline.mp4",
    b"tab\tand\rreturn.mp4",
    b"\x1b[2J\x1b[31mred \x07bell.mp4",
    b'it\'s "quoted" `twice`.mp4',
    b"100%s %d %n {0} {name}.mp4",
    b"-rf.mp4",
    b"--help.mp4",
    b"$(touch pwned) $HOME; touch pwned.mp4",
    b"'; DROP TABLE files; --.mp4",
    b"<script>alert(1)<.script>.mp4",
    b"<img src=x onerror=alert(1)>.mp4",
    b"[bold red]markup[.bold red] [link=https:..x.y]z.mp4",
    b"![x](y) **bold** :sparkles: $x^2$.mp4",
    b"http:..example.com.mp4",
    b"concat:a.mp4",
    b"back\\slash.mp4",
    b"CON.mp4",
    b"NUL .mp4",
    b" leading and trailing .mp4",
    b"dots...mp4",
    b"caf\xe9 \xff\xfe.mp4",
    b"\xed\xa0\x80 surrogate.mp4",
    "🎬 emoji 👩‍👩‍👧.mp4".encode(),
    "\u202egpj.\u2066txt.mp4".encode(),
    "\u200fשלום مرحبا.mp4".encode(),
    "e\u0301 decomposed.mp4".encode(),
    "\u00e9 composed.mp4".encode(),
    "\ufeff\u200b\u00a0\u2028 invisible.mp4".encode(),
    "長い名前".encode() * 20 + b".mp4",
    b"x" * 251 + b".mp4",
]
DEEP = [b"deep " + b"d" * 50] * 30  # some 1,700 bytes of folders
FOLDERS = [b"folder with trailing space ", b"<b>[bold]\n\xff"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of them, each a video of its own."""
    folder = tmp_path_factory.mktemp("names") / "library"
    places = [folder / os.fsdecode(name) for name in NAMES]
    places.append(folder.joinpath(*map(os.fsdecode, DEEP)) / "film.mp4")
    places += [folder / os.fsdecode(name) / "film.mp4" for name in FOLDERS]
    film = tiny_video(folder.parent / "film.mp4").read_bytes()
    for number, place in enumerate(places):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(film + b"free%04d" % number)
    return folder


@pytest.fixture(scope="module")
def gaze(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gaze]:
    """Them, indexed by the command."""
    gaze = Gaze(tmp_path_factory.mktemp("data") / "data", variables={"COLUMNS": "600"})
    gaze.run("library", "add", str(folder), "--name", "hostile")
    done = gaze.run("index")
    assert "Traceback" not in done.stderr
    yield gaze
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def workspace(gaze: Gaze, folder: Path) -> Workspace:
    library = Library(name="hostile", path=folder)
    return Workspace.open(Settings(root=gaze.root, libraries=[library]))


def paths(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_each_is_indexed(workspace: Workspace, folder: Path) -> None:
    videos = workspace.catalog.videos.all()
    assert {video.path for video in videos} == paths(folder)
    for video in videos:
        for stage in (Stage.AUDIO, Stage.FRAMES):
            assert video.stages[stage].status is Status.DONE, video.path
    assert not (folder / "pwned").exists()


def test_each_reads_right_on_the_terminal(gaze: Gaze, folder: Path) -> None:
    text = gaze.run("status").stdout
    assert not set(text) - {"\n"} & {chr(code) for code in (*range(0x20), 0x7F, 0x202E, 0x2066)}
    lines = text.splitlines()
    for path in paths(folder):
        name = readable(Path(path.name))
        assert any(name in line for line in lines), name


def test_each_reads_right_for_programs(gaze: Gaze, folder: Path) -> None:
    told = {path for video in gaze.json("status")["videos"] for path in video["paths"]}
    assert told == {valid(path) for path in paths(folder)}


def test_each_reads_right_in_the_library_page(workspace: Workspace, folder: Path) -> None:
    shown = rows(workspace.catalog)
    names = {readable(path.name) for path in paths(folder)}
    assert {row.name for row in shown} == names
    page = "".join(map(library_row, shown))
    page.encode("utf-8")
    for harm in ("<script", "<img src=x", "\x1b", "\u202e", "<b>[bold]"):
        assert harm not in page


def test_each_is_sent_to_the_player(workspace: Workspace) -> None:
    client = TestClient(Starlette(routes=MediaRoutes(workspace).routes()))
    for video in workspace.catalog.videos.all():
        assert client.get(f"/files/{video.fingerprint}").status_code == 200
        assert client.get(f"/playback/{video.fingerprint}").status_code == 200
        assert client.get(f"/posters/{video.fingerprint}.jpg").status_code == 200


@pytest.mark.parametrize("name", [b"-rf.mp4", b"--help.mp4", b"caf\xe9 \xff\xfe.mp4"])
def test_one_is_named_on_the_command_line(gaze: Gaze, folder: Path, name: bytes) -> None:
    done = gaze.run("captions", str(folder / os.fsdecode(name)), "--format", "srt", check=False)
    assert "TRANSCRIPT_MISSING" in done.stderr + done.stdout
