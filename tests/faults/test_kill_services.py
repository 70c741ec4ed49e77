"""`gaze up`, whose processes are killed one after the other, and all at once, while it works."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections import Counter
from pathlib import Path
from random import Random

import psutil
import pytest

from gaze_pipeline.recovery import last
from gaze_pipeline.recovery.index import flaw
from gaze_pipeline.services.ports import HOST
from gaze_pipeline.services.supervisor import STOP_S
from gaze_pipeline.store.snapshot import current_revision
from tests.support.contents import contents, differences, half_artifacts, leavings
from tests.support.killing import Run
from tests.support.lineage import kill, lineage, living
from tests.support.roots import root_variables, tiny_library, tiny_video
from tests.support.running import RunningGaze, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals are POSIX"),
]
CHILDREN = ("run worker", "decoder", "code server", "daemon", "dagster", "search", "watcher")
KILLS = 15


@pytest.mark.timeout(1800)
def test_kills_under_gaze_up(tmp_path: Path) -> None:
    """Some kills end the supervisor, or that and all below it at once; then it is started again."""
    random, killed = Random(5), Counter[str]()
    films = tiny_library(tmp_path / "films", 3)
    gaze = RunningGaze(tmp_path / "data", films)
    gaze.start()
    try:
        while killed.total() < KILLS:
            add_work(films, killed.total())
            time.sleep(random.uniform(0.5, 3.0))
            killed += strike(gaze, random)
            assert half_artifacts(gaze.root) == []
            assert flaw(gaze.workspace.paths, vectors=False) == ""
        count = len(list(films.iterdir()))
        Run(gaze.root, gaze.variables, "retry", "--all").finish()  # what three kills struck
        until(lambda: gaze.decoded(count), 300, "every video")
        until(lambda: published(gaze), 180, "the last publication")
        until(lambda: not gaze.runs(statuses=["QUEUED", "STARTING", "STARTED"]), what="quiet")
    finally:
        survivors = gaze.stop() if gaze.process and gaze.process.poll() is None else []
    assert survivors == []
    undisturbed = tmp_path / "undisturbed"
    Run(undisturbed, root_variables(undisturbed, films), "index").finish()
    Run(gaze.root, gaze.variables, "index").finish()  # a last look, which repairs what is left
    assert differences(contents(gaze.root), contents(undisturbed)) == {}
    assert leavings(gaze.root) == []
    print(dict(killed), [line for entry in last(gaze.workspace.paths) for line in entry.lines])


def strike(gaze: RunningGaze, random: Random) -> Counter[str]:
    """Kill one member, or several at once; returns which."""
    assert gaze.process is not None
    members = lineage(gaze.process.pid)
    if random.random() < 0.85:
        part = random.choice([part for part in (*CHILDREN, "guardian") if part in members])
        kill([random.choice(members[part])])
        return Counter([part])
    everything = [process for processes in members.values() for process in processes]
    victims = {
        "supervisor": members["supervisor"],
        "supervisor and guardian": members["supervisor"] + members.get("guardian", []),
        "everything": everything,
    }
    chosen = random.choice(list(victims))
    kill(victims[chosen])
    gaze.process.wait(10)
    until(lambda: not living(everything), 60, f"the end of all, {chosen} killed,")
    gaze.start()
    return Counter([chosen])


def add_work(films: Path, number: int) -> None:
    """A new video now and then, so that there is always something under way."""
    if number % 3 == 0:
        draft = tiny_video(films.parent / "draft.mp4", seed=100 + number, seconds=4)
        draft.rename(films / f"later-{number}.mp4")


def published(gaze: RunningGaze) -> bool:
    return current_revision(gaze.workspace.paths) == gaze.workspace.catalog.revision()


def test_a_second_start_prints_where_the_first_is(tmp_path: Path) -> None:
    gaze = RunningGaze(tmp_path / "data", tiny_library(tmp_path / "films", 1))
    gaze.start()
    try:
        second = Run(gaze.root, gaze.variables, "up")
        second.finish()
        assert f"http://127.0.0.1:{gaze.ports[0]}/" in second.output.read_text()
        note = json.loads((gaze.workspace.paths.run / "services.json").read_bytes())
        assert gaze.process is not None
        assert note["pid"] == gaze.process.pid
        assert abs(note["started"] - psutil.Process(note["pid"]).create_time()) < 1
    finally:
        assert gaze.stop() == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_told_to_end_it_ends_whatever_it_is_at(tmp_path: Path, name: str) -> None:
    films = tiny_library(tmp_path / "films", 1)
    gaze = RunningGaze(tmp_path / "data", films)
    gaze.start()
    assert gaze.process is not None
    original = tiny_video(films / "long.mp4", seconds=90).read_bytes()
    for number in range(12):
        (films / f"long-{number}.mp4").write_bytes(original + bytes([number]))
    until(lambda: "decoder" in lineage(gaze.process.pid), what="a run that decodes")
    page = socket.create_connection((HOST, gaze.ports[0]))
    page.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # and it never says more
    family = [process for part in lineage(gaze.process.pid).values() for process in part]
    began = time.monotonic()
    gaze.process.send_signal(getattr(signal, name))
    gaze.process.wait(STOP_S + 20)
    print(f"{name}: all {len(family)} ended after {time.monotonic() - began:.1f} s")
    until(lambda: not living(family), 10, "the end of all")
    page.close()
