"""The supervisor, tried on real processes: stand-ins here, the real services in `slow` tests."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.gate import Access
from gaze_pipeline.services import probes, service, supervisor
from gaze_pipeline.services.ports import HOST, free_port, require_free
from gaze_pipeline.services.running import is_at_work, only_one, running_url, say_at_work
from gaze_pipeline.services.service import Service
from gaze_pipeline.settings import ServiceSettings, Settings
from gaze_pipeline.store.paths import DataPaths

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")

STAND_IN = """
import os, pathlib, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
(folder / "pids").open("a").write(f"{os.getpid()}\\n{child.pid}\\n")
print("hello", flush=True)
print("secret", (folder / "run" / "token").read_text(), flush=True)
(folder / "works").touch()
time.sleep(600)
"""


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Running:
    """`up` in a thread, with one stand-in for the services."""

    def __init__(self, root: Path, code: str = STAND_IN) -> None:
        self.settings = Settings(
            root=root,
            services=ServiceSettings(search_port=free_port(), dagster_port=free_port()),
        )
        self.code = code
        self.events: list[str] = []
        self.stop = threading.Event()
        self.error: GazeError | None = None
        self.thread = threading.Thread(target=self._run)

    def start(self) -> Running:
        self.thread.start()
        return self

    def finish(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()

    def services(self) -> list[Service]:
        root = self.settings.root
        return [Service("stand-in", ["-c", self.code, str(root)], (root / "works").exists)]

    def pids(self) -> list[int]:
        try:
            return [int(line) for line in (self.settings.root / "pids").read_text().split()]
        except OSError:
            return []

    def url(self) -> str | None:
        return next((event.split()[-1] for event in self.events if "Search page" in event), None)

    def _run(self) -> None:
        try:
            supervisor.up(self.settings, self.events.append, self.stop)
        except GazeError as error:
            self.error = error


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    running = Running(tmp_path)
    monkeypatch.setattr(supervisor, "is_prepared", lambda paths: True)
    monkeypatch.setattr(supervisor, "_services", lambda *_: running.services())
    yield running
    running.stop.set()
    if running.thread.ident:
        running.thread.join(30)


def test_it_says_where_to_look_once_all_answer(running: Running) -> None:
    running.start()
    until(running.url)
    access = Access.open(running.settings.paths)
    assert running.url() == access.url(running.settings.services.search_port)
    assert running_url(running.settings.paths) == running.url()
    running.finish()
    assert running.error is None
    assert running_url(running.settings.paths) is None


def test_stopping_ends_children_and_grandchildren(running: Running) -> None:
    running.start()
    until(running.url)
    pids = running.pids()
    assert len(pids) == 2
    assert all(map(alive, pids))
    running.finish()
    assert not any(map(alive, pids))


def test_a_service_that_died_is_started_again(running: Running) -> None:
    running.start()
    until(running.url)
    first = running.pids()
    os.kill(first[0], signal.SIGKILL)
    until(lambda: len(running.pids()) == 4)
    assert any("starting it again" in event for event in running.events)
    running.finish()
    assert not any(map(alive, running.pids()))  # the orphan of the first one included


SERVER = """
import os, pathlib, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
folder = pathlib.Path(sys.argv[1])
(folder / "pids").open("a").write(f"{os.getpid()}\\n")
HTTPServer(("127.0.0.1", int(sys.argv[2])), Page).serve_forever()
"""


def test_a_service_that_answers_no_more_is_ended_and_started_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(service, "PROBE_S", 0.1)
    monkeypatch.setattr(service, "SILENT_S", 1.0)
    root, port = running.settings.root, free_port()
    access = Access("token")
    arguments = ["-c", SERVER, str(root), str(port)]
    page = Service("page", arguments, lambda: probes.answers(port, "/", access), can_hang=True)
    monkeypatch.setattr(running, "services", lambda: [page])
    running.start()
    until(running.url)
    (first,) = running.pids()
    os.kill(first, signal.SIGSTOP)
    until(lambda: len(running.pids()) == 2 and page.ready)
    assert not alive(first)
    assert any("answers no more" in event for event in running.events)
    running.finish()
    assert running.error is None


def test_a_slow_answer_now_and_then_is_no_hanging() -> None:
    answers = iter([True, *[False, False, False, True] * 20])
    slow = Service("slow", [], lambda: next(answers), can_hang=True)
    assert slow.is_ready(0.0)
    assert not any(slow.hangs(second) for second in range(1201))
    assert next(answers, None) is None, "it was asked every 15 s"


def test_one_that_cannot_hang_is_not_asked_again() -> None:
    answers = iter([True])
    steady = Service("steady", [], lambda: next(answers))
    assert steady.is_ready(0.0)
    assert not steady.hangs(1000.0)


def test_who_is_at_work_says_so_and_the_dead_do_not(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    assert not is_at_work(paths, "watcher")
    say_at_work(paths, "watcher")
    assert is_at_work(paths, "watcher")
    assert not is_at_work(paths, "another")
    (paths.run / "watcher.json").write_text(f"[{2**22 + 1}, 1.0]")
    assert not is_at_work(paths, "watcher")


def test_a_service_that_never_works_ends_it_with_its_last_words(running: Running) -> None:
    running.code = "raise SystemExit('the disk is made of cheese')"
    running.start()
    running.thread.join(60)
    assert running.error is not None
    assert running.error.code is ErrorCode.SERVICE_FAILED
    assert "cheese" in running.error.detail


def test_a_second_start_says_where_the_first_is(running: Running) -> None:
    running.start()
    until(running.url)
    with pytest.raises(GazeError) as raised:
        supervisor.up(running.settings, lambda line: None, threading.Event())
    assert raised.value.code is ErrorCode.ALREADY_RUNNING
    assert raised.value.subject == running.url()


def test_a_port_in_use_is_named(running: Running) -> None:
    with socket.create_server((HOST, running.settings.services.search_port)):
        running.start()
        running.thread.join(30)
    assert running.error is not None
    assert running.error.code is ErrorCode.PORT_IN_USE
    assert str(running.settings.services.search_port) in running.error.subject
    require_free(running.settings.services.search_port)


def test_each_start_has_its_own_token_and_no_log_has_it(running: Running) -> None:
    before = Access.open(running.settings.paths).token
    running.start()
    until(running.url)
    token = Access.open(running.settings.paths).token
    assert token != before
    log = running.settings.paths.logs / "stand-in.log"
    until(lambda: log.is_file() and "secret" in log.read_text())
    assert "secret <token>" in log.read_text()
    for path in running.settings.paths.logs.iterdir():
        assert token not in path.read_text()


def test_a_killed_guardian_is_replaced(running: Running) -> None:
    running.start()
    until(running.url)
    pids = running.pids()
    group = os.getpgid(pids[0])
    os.kill(group, signal.SIGKILL)
    until(lambda: len(guardians(group)) == 1 and guardians(group) != [group])
    assert all(map(alive, pids))
    running.finish()
    assert running.error is None
    until(lambda: not any(map(alive, pids)) and not guardians(group))


def guardians(group: int) -> list[int]:
    """The living guardians of a process group."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ours = os.getpgid(process.pid) == group and alive(process.pid)
            if ours and "gaze_pipeline.services.guardian" in process.cmdline():
                found.append(process.pid)
    return found


SERVED = """
from pathlib import Path
from gaze_pipeline.services import supervisor
from gaze_pipeline.services.service import Service
from gaze_pipeline.services.supervisor import MEMBER
from tests.services.test_supervisor import Running
running = Running(Path({root!r}))
supervisor.is_prepared = lambda paths: True
supervisor._services = lambda *_: [
    Service("member", [*MEMBER, "tests.support.idle", {root!r}], Path({root!r}, "works").exists)
]
supervisor.up(running.settings, lambda line: None)
"""


@pytest.mark.parametrize("victims", ["supervisor", "supervisor and guardian"])
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path, victims: str) -> None:
    root = tmp_path / "data"
    code = SERVED.format(root=str(root))
    with subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2]) as process:
        until((root / "works").exists)
        pids = [int(line) for line in (root / "pids").read_text().split()]
        guardian = os.getpgid(pids[0])
        if victims != "supervisor":
            os.kill(guardian, signal.SIGSTOP)
            process.send_signal(signal.SIGSTOP)
            os.kill(guardian, signal.SIGKILL)
        process.kill()
    until(lambda: not any(map(alive, [*pids, guardian])))
    with only_one(DataPaths(root)):
        pass
    assert running_url(DataPaths(root)) is None


def test_the_code_server_has_a_socket_however_long_the_path(tmp_path: Path) -> None:
    for root in (Path("/tmp/x"), tmp_path / ("deep" * 30)):
        with supervisor._code_server(DataPaths(root)) as (arguments, place):
            assert arguments == ["--socket", str(place)]
            assert len(os.fsencode(str(place))) <= 104  # the shortest limit, that of macOS
