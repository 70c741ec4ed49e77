"""The real services on a data root of their own, and Dagster's UI asked as the browser asks it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from gaze_pipeline.gate import Access
from gaze_pipeline.services.ports import HOST, free_port
from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace
from tests.support.lineage import kill
from tests.support.roots import environment, root_variables

UP = """
from gaze_pipeline.services import supervisor
from gaze_pipeline.settings import load
supervisor.up(load(), lambda line: print(line, flush=True))
"""


def until(condition: Callable[[], object], seconds: float = 300, what: str = "it") -> None:
    """Wait for something to come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about in time"
        time.sleep(0.1)


class RunningGaze:
    """`gaze up` as a process; `start` returns once it has printed its addresses, which `said` holds."""

    def __init__(self, root: Path, library: Path) -> None:
        self.root = root
        self.library = library
        self.ports = (free_port(), free_port())
        self.variables = root_variables(root, library, ports=self.ports)
        self.workspace = Workspace.open(Settings(root=root))
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def start(self) -> None:
        """Start it and wait until everything answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP],
            env=environment(self.variables),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Dagster UI"):
                return
        raise AssertionError("".join(self.said))

    def family(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def stop(self) -> list[psutil.Process]:
        """Ctrl-C; returns those of the family that are still there afterwards."""
        assert self.process is not None
        family = self.family()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        return psutil.wait_procs(family, timeout=2)[1]

    def kill_everything(self) -> None:
        """A power cut, as far as processes can have one."""
        family = self.family()
        kill(family)
        psutil.wait_procs(family, timeout=10)
        assert self.process is not None
        self.process.wait()

    def ask(self, query: str, **variables: Any) -> Any:
        """A GraphQL question to the Dagster UI; the answer's data."""
        token = Access.open(self.workspace.paths).token
        answer = httpx.post(
            f"http://{HOST}:{self.ports[1]}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def runs(self, **filters: Any) -> list[Mapping[str, Any]]:
        """Dagster's runs, the newest first."""
        query = """query($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs {
            results { runId jobName status parentRunId tags { key value } } } } }"""
        return list(self.ask(query, filter=filters)["runsOrError"]["results"])

    def worker_pid(self, run_id: str) -> int | None:
        """The process of a run."""
        query = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
            ... on MessageEvent { message } } } } }"""
        for event in self.ask(query, id=run_id)["logsForRun"]["events"]:
            message = event.get("message", "")
            if message.startswith("Started process for run (pid: "):
                return int(message.split("pid: ")[1].split(")")[0])
        return None

    def statuses(self) -> list[Mapping[Stage, str]]:
        """How each video's stages stand."""
        return [
            {stage: row.status.value for stage, row in video.stages.items()}
            for video in self.workspace.catalog.videos.all()
        ]

    def decoded(self, count: int) -> bool:
        """Whether so many videos are known and all that needs no model is done."""
        wanted = {Stage.AUDIO: "done", Stage.FRAMES: "done"}
        statuses = self.statuses()
        return len(statuses) == count and all(
            {**status, **wanted} == {**status} for status in statuses
        )


@contextmanager
def running_gaze(root: Path, library: Path) -> Iterator[RunningGaze]:
    """The services, started; killed at the end if they still run."""
    gaze = RunningGaze(root, library)
    try:
        gaze.start()
        yield gaze
    finally:
        if gaze.process and gaze.process.poll() is None:
            os.kill(gaze.process.pid, signal.SIGTERM)
            gaze.process.wait(30)
