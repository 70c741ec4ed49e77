from __future__ import annotations

import errno
import multiprocessing
import shutil
import socket
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models import fetch, transfer
from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.incoming import Incoming
from gaze_pipeline.models.installed import ModelState, status
from gaze_pipeline.models.manifest import ModelSpec
from tests.models_code import pinned
from tests.models_code.file_server import FileServer

WEIGHTS = bytes(range(256)) * 4096
CONTENTS = {"config.json": b"{}", "weights.bin": WEIGHTS}


@pytest.fixture
def toy(server: FileServer) -> ModelSpec:
    server.files = {f"/toy/{name}": content for name, content in CONTENTS.items()}
    return pinned.spec(pinned.source(CONTENTS, location=f"{server.url}/toy"))


def test_pull_brings_every_file_and_is_ready(toy: ModelSpec, tmp_path: Path) -> None:
    folder = pull(toy, tmp_path)

    assert {name: (folder / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert status(toy, tmp_path).state is ModelState.READY
    assert not list(folder.glob("*.part"))


def test_pull_of_a_ready_model_asks_for_nothing(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    pull(toy, tmp_path)
    server.requests.clear()

    pull(toy, tmp_path)

    assert server.requests == []


def test_progress_ends_with_the_whole_size(toy: ModelSpec, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []

    pull(toy, tmp_path, on_progress=lambda *step: seen.append(step))

    last = {name: (done, total) for name, done, total in seen}
    assert last == {name: (len(content), len(content)) for name, content in CONTENTS.items()}


def test_redirects_are_followed(server: FileServer, tmp_path: Path) -> None:
    server.files = {"/far/weights.bin": WEIGHTS}
    server.redirects = {"/near/weights.bin": f"{server.url}/far/weights.bin"}
    toy = pinned.spec(pinned.source({"weights.bin": WEIGHTS}, location=f"{server.url}/near"))

    assert (pull(toy, tmp_path) / "weights.bin").read_bytes() == WEIGHTS


def test_cut_connections_are_resumed_where_they_broke(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    server.cuts = [2, 300_000, 300_000]

    pull(toy, tmp_path)

    asked = [wanted for path, wanted in server.requests if path.endswith("weights.bin")]
    assert asked == ["", "bytes=300000-", "bytes=600000-"]


def test_an_interrupted_pull_goes_on_in_the_next_process(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    part = tmp_path / "toy" / "official" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS[:500_000])

    pull(toy, tmp_path)

    assert ("/toy/weights.bin", "bytes=500000-") in server.requests


def test_a_part_that_is_already_whole_is_not_asked_for(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    part = tmp_path / "toy" / "official" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS)

    pull(toy, tmp_path)

    assert [path for path, _ in server.requests] == ["/toy/config.json"]


@pytest.mark.parametrize("left", [b"of another version" * 1000, WEIGHTS + b"too long"])
def test_a_part_of_another_file_is_fetched_anew(
    toy: ModelSpec, tmp_path: Path, left: bytes
) -> None:
    part = tmp_path / "toy" / "official" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(left)

    assert (pull(toy, tmp_path) / "weights.bin").read_bytes() == WEIGHTS


def test_servers_without_ranges_start_over(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    server.ranges = False
    server.cuts = [2, 300_000]

    assert (pull(toy, tmp_path) / "weights.bin").read_bytes() == WEIGHTS


def test_passing_server_errors_are_retried(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    server.failures = [503, 429]

    pull(toy, tmp_path)

    assert status(toy, tmp_path).state is ModelState.READY


def test_a_connection_that_never_delivers_gives_up(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    server.failures = [503] * 20

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path)

    assert caught.value.code is ErrorCode.MODEL_UNREACHABLE
    assert "HTTP 503" in caught.value.detail
    assert len(server.requests) == transfer.ATTEMPTS_WITHOUT_PROGRESS


def test_wrong_content_is_corrupt_and_leaves_nothing(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    server.files["/toy/weights.bin"] = b"x" * len(WEIGHTS)

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path)

    assert caught.value.code is ErrorCode.MODEL_CORRUPT
    assert "weights.bin" in caught.value.detail
    assert status(toy, tmp_path).state is not ModelState.READY
    assert not list(tmp_path.rglob("weights.bin*"))


def test_the_next_source_is_tried_and_the_first_tidied_away(
    server: FileServer, tmp_path: Path
) -> None:
    server.files = {"/a/config.json": b"{}", "/b/other.bin": WEIGHTS}
    toy = pinned.spec(
        pinned.source(CONTENTS, name="first", location=f"{server.url}/a"),
        pinned.source({"other.bin": WEIGHTS}, name="second", location=f"{server.url}/b"),
    )

    folder = pull(toy, tmp_path)

    assert folder == tmp_path / "toy" / "second"
    assert [path.name for path in (tmp_path / "toy").iterdir() if path.is_dir()] == ["second"]


def test_the_mirror_is_asked_first_for_any_variant(server: FileServer, tmp_path: Path) -> None:
    server.files = {"/mirror/toy/other.bin": WEIGHTS}
    toy = pinned.spec(
        pinned.source(CONTENTS, name="first", location=f"{server.url}/official"),
        pinned.source({"other.bin": WEIGHTS}, name="second", location=f"{server.url}/official"),
    )

    folder = pull(toy, tmp_path, mirror=f"{server.url}/mirror/")

    assert folder.name == "second"
    assert all(path.startswith("/mirror/toy/") for path, _ in server.requests)


def test_every_reason_is_named_and_no_password(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    toy = pinned.spec(
        pinned.source(CONTENTS, name="here", location=f"http://me:secret@127.0.0.1:{port}"),
        pinned.source(CONTENTS, name="disk", kind="folder", location=str(tmp_path / "none")),
    )

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path, mirror="nonsense://x")

    assert caught.value.code is ErrorCode.MODEL_UNREACHABLE
    for name in ("here (127.0.0.1)", "disk (folder)", "here (x)"):
        assert name in caught.value.detail
    assert "secret" not in str(caught.value)


def test_a_folder_source_is_copied(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name, content in CONTENTS.items():
        (shelf / name).write_bytes(content)
    toy = pinned.spec(pinned.source(CONTENTS, kind="folder", location=str(shelf)))

    folder = pull(toy, tmp_path / "models")

    assert (folder / "weights.bin").read_bytes() == WEIGHTS


def test_a_full_disk_is_told_before_the_transfer(
    toy: ModelSpec, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: usage)

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path)

    assert caught.value.code is ErrorCode.DISK_FULL
    assert server.requests == []


def test_a_disk_that_fills_up_keeps_what_came(
    toy: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Incoming.write

    def fail_late(self: Incoming, block: bytes) -> None:
        if self.size > 400_000 and self._stream is not None:
            self._stream.flush()
            self._stream = _Full()  # type: ignore[assignment]
        write(self, block)

    monkeypatch.setattr(Incoming, "write", fail_late)
    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path)
    monkeypatch.undo()

    assert caught.value.code is ErrorCode.DISK_FULL
    assert (tmp_path / "toy" / "official" / "weights.bin.part").stat().st_size > 400_000


class _Full:
    def write(self, block: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        return


def test_two_processes_pulling_at_once_transfer_once(
    toy: ModelSpec, server: FileServer, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=pull, args=(toy, tmp_path)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(path for path, _ in server.requests) == ["/toy/config.json", "/toy/weights.bin"]
    assert status(toy, tmp_path).state is ModelState.READY


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "nonsense://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_a_reason(
    toy: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path)
    assert caught.value.code is ErrorCode.MODEL_UNREACHABLE
