"""The supervisor behind `gaze up`: starts the services, waits until they answer, keeps them alive."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.gate import Access
from gaze_pipeline.instance import environment, is_prepared, prepare_home
from gaze_pipeline.logs import Redaction, rotating_log
from gaze_pipeline.recovery.record import last
from gaze_pipeline.services.ports import HOST, free_port, require_free
from gaze_pipeline.services.probes import answers, dagster_works, listens
from gaze_pipeline.services.processes import Family, last_line
from gaze_pipeline.services.running import crashed, is_at_work, noted, only_one
from gaze_pipeline.services.service import Service
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.paths import DataPaths, write_whole

OnEvent = Callable[[str], None]
POLL_S = 0.2
START_S = 180.0
STOP_S = 9.0
LEFT_BEHIND_S = 10.0
"""How long the services of a supervisor that was killed may take to end."""
STEADY_S = 60.0
LONGEST_PAUSE_S = 30.0
TRIES = 5
"""How often a service may end without ever having answered."""

MEMBER = ["-m", "gaze_pipeline.services.member"]
_SOCKET_BYTES = 100


def up(settings: Settings, on_event: OnEvent, stop: threading.Event | None = None) -> None:
    """Run everything until SIGINT, SIGTERM or `stop`; `on_event` gets lines for the user to read.

    Raises GazeError(ALREADY_RUNNING | PORT_IN_USE | SERVICE_FAILED).
    """
    paths = settings.paths
    ports = settings.services
    paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    stop = stop or threading.Event()
    with only_one(paths), _signals(stop), _code_server(paths) as (address, listening):
        patience_s = LEFT_BEHIND_S if crashed(paths) else 0.0
        require_free(ports.search_port, patience_s)
        require_free(ports.dagster_port, patience_s)
        prepare_home(paths)
        access = Access.renew(paths)
        workspace = _write_workspace(paths, address)
        variables = {**environment(paths), **_model_places(settings)}
        redact = Redaction(settings, access.token)
        with noted(settings), _family(variables, paths, redact, on_event) as family:
            _prepare(family, paths, on_event, stop)
            services = _services(settings, access, address, listening, workspace)
            _Supervisor(settings, access, family, services, on_event, stop).run()


class _Supervisor:
    """Starts services, notices when one ends, starts it again."""

    def __init__(
        self,
        settings: Settings,
        access: Access,
        family: Family,
        services: list[Service],
        on_event: OnEvent,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._access = access
        self._family = family
        self._services = services
        self._on_event = on_event
        self._stop = stop
        self._log = rotating_log(settings.paths.logs / "gaze.log", Redaction(settings))

    def run(self) -> None:
        """Until told to stop. Raises GazeError(SERVICE_FAILED)."""
        deadline = time.monotonic() + START_S
        announced = False
        while not self._stop.wait(POLL_S):
            if self._family.guard():
                self._log.info("guardian: it was killed; started again")
            for service in self._services:
                if not self._stop.is_set():  # a probe may have taken its time
                    self._tend(service)
            if not announced and all(service.ready for service in self._services):
                announced = True
                self._announce()
            if not announced and time.monotonic() > deadline:
                late = [service.name for service in self._services if not service.ready]
                raise GazeError(ErrorCode.SERVICE_FAILED, ", ".join(late), "no answer in time")

    def _tend(self, service: Service) -> None:
        now = time.monotonic()
        if service.process is None:
            if now >= service.next_start and (service.needs is None or service.needs.ready):
                process = self._family.start(service.name, service.arguments)
                service.began(process, now)
                self._log.info(f"{service.name}: started as process {process.pid}")
        elif (status := service.process.poll()) is not None:
            self._ended(service, status, now)
        elif service.is_ready(now):
            self._log.info(f"{service.name}: ready after {now - service.started:.1f} s")
        elif service.hangs(now):
            self._tell(f"{service.name} answers no more and is ended.")
            service.process.kill()

    def _ended(self, service: Service, status: int, now: float) -> None:
        steady = now - service.started > STEADY_S
        service.failures = 1 if steady else service.failures + 1
        if not service.answered and service.failures >= TRIES:
            line = last_line(self._settings.paths.logs / f"{service.name}.log")
            raise GazeError(ErrorCode.SERVICE_FAILED, service.name, line)
        pause = min(LONGEST_PAUSE_S, 0.5 * 2 ** (service.failures - 1))
        service.process, service.ready, service.next_start = None, False, now + pause
        self._tell(f"{service.name} ended with status {status}; starting it again.")

    def _tell(self, message: str) -> None:
        self._log.info(message)
        self._on_event(message)

    def _announce(self) -> None:
        ports = self._settings.services
        self._on_event(f"Search page: {self._access.url(ports.search_port)}")
        self._on_event(f"Dagster UI:  {self._access.url(ports.dagster_port)}")


def _model_places(settings: Settings) -> dict[str, str]:
    """Where the models are, for services that run in another working folder."""
    places = {
        "GAZE_MODELS": settings.models.directory,
        "GAZE_MODELS__MANIFEST": settings.models.manifest,
    }
    return {name: str(path) for name, path in places.items() if path is not None}


@contextmanager
def _family(
    variables: Mapping[str, str], paths: DataPaths, redact: Redaction, on_event: OnEvent
) -> Iterator[Family]:
    """The processes that end with the block."""
    family = Family(variables, paths.logs, redact)
    try:
        yield family
    finally:
        on_event("Stopping ...")
        family.end(STOP_S)


def _prepare(family: Family, paths: DataPaths, on_event: OnEvent, stop: threading.Event) -> None:
    """Create Dagster's tables and repair what a crash left, before anything works on it."""
    began = time.time()
    steps = {"recover": family.start("recover", [*MEMBER, "gaze_pipeline.recovery"])}
    if not is_prepared(paths):
        steps["prepare"] = family.start("prepare", [*MEMBER, "gaze_pipeline.instance"])
    while any(process.poll() is None for process in steps.values()) and not stop.wait(0.05):
        pass
    for entry in last(paths):
        for line in entry.lines if entry.at >= began else ():
            on_event(f"Repaired: {line}")
    if stop.is_set():
        return
    if steps["recover"].returncode:
        on_event(f"Could not repair everything: {last_line(paths.logs / 'recover.log')}")
    if "prepare" in steps and steps["prepare"].returncode:
        line = last_line(paths.logs / "prepare.log")
        raise GazeError(ErrorCode.SERVICE_FAILED, "prepare", line)


def _services(
    settings: Settings, access: Access, address: list[str], listening: Path | int, workspace: Path
) -> list[Service]:
    ports = settings.services
    grpc = [*MEMBER, "dagster", "api", "grpc", "--module-name", "gaze_pipeline.definitions"]
    grpc += ["--location-name", "gaze", *address]
    code = Service("code", grpc, lambda: listens(listening))
    return [
        code,
        Service(
            "daemon",
            [*MEMBER, "dagster._daemon", "run", "--workspace", str(workspace)],
            lambda: dagster_works(ports.dagster_port, access),
            needs=code,
        ),
        Service(
            "dagster",
            [*MEMBER, "gaze_pipeline.web", str(workspace)],
            lambda: answers(ports.dagster_port, "/server_info", access),
            needs=code,
            can_hang=True,
        ),
        Service(
            "search",
            [*MEMBER, "gaze_search_app.server"],
            lambda: answers(ports.search_port, "/healthz", access),
            can_hang=True,
        ),
        Service(
            "watcher",
            [*MEMBER, "gaze_pipeline.services.watcher"],
            lambda: is_at_work(settings.paths, "watcher"),
        ),
    ]


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGINT, SIGTERM and a closed terminal set `stop`, where this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda *_: stop.set()) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def _code_server(paths: DataPaths) -> Iterator[tuple[list[str], Path | int]]:
    """Where the code server listens: a socket that only its owner can reach, a port on Windows."""
    if os.name == "nt":
        port = free_port()
        yield ["--host", HOST, "--port", str(port)], port
        return
    socket = paths.run.resolve() / "code.sock"
    if len(os.fsencode(socket)) <= _SOCKET_BYTES:
        socket.unlink(missing_ok=True)
        yield ["--socket", str(socket)], socket
        return
    with tempfile.TemporaryDirectory(prefix="gaze-") as folder:
        socket = Path(folder) / "code.sock"
        yield ["--socket", str(socket)], socket


def _write_workspace(paths: DataPaths, address: list[str]) -> Path:
    """The workspace file that sends daemon and UI to the one code server."""
    pairs = zip(address[::2], address[1::2], strict=True)
    target: dict[str, str | int] = {"location_name": "gaze"}
    for option, value in pairs:
        target[option.removeprefix("--")] = int(value) if option == "--port" else value
    path = paths.run / "workspace.yaml"
    write_whole(path, json.dumps({"load_from": [{"grpc_server": target}]}).encode())
    return path
