"""Nothing leaves the machine: Gaze works whole without a network, and asks for none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from gaze_pipeline.media.encode import write_video
from gaze_pipeline.settings import ModelSettings
from tests.conftest import CHECKOUT
from tests.support.shapes import Cue, film

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_models,
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's"),
]
SPOKEN = "dog_with_jfk_speech.mp4"
_HUSHED = {"CI", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "ORT_DISABLE_TELEMETRY"}
"""What keeps packages quiet under test that are not so at a user's."""
_ADDRESS = re.compile(r'(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')


@pytest.fixture
def folder(tmp_path: Path, media: Path) -> Path:
    """A film of shapes, and one in which somebody speaks."""
    folder = tmp_path / "films"
    folder.mkdir()
    cues = [Cue(0, 4, "red circle"), Cue(4, 8, "green star")]
    write_video(folder / "shapes.mp4", film(cues, duration_s=8, fps=5, seed=1), fps=5)
    shutil.copy(media / "video" / SPOKEN, folder)
    return folder


def alone(
    step: str, *arguments: str, environment: dict[str, str], traced: Path | None = None
) -> None:
    """Run a step of the cycle in a network namespace in which there is nothing."""
    told = {name: value for name, value in os.environ.items() if name not in _HUSHED}
    trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none"]
    trace += ["-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(traced)]
    done = subprocess.run(
        [
            *(
                ["unshare", "--net"]
                if os.geteuid() == 0
                else ["unshare", "--map-root-user", "--net"]
            ),
            *(trace if traced else []),
            *(sys.executable, "-m", "tests.privacy.cycle", step, *arguments),
        ],
        env={**told, **environment},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_all_of_it_works_without_a_network_and_asks_for_none(
    tmp_path: Path, folder: Path, real_whisper: ModelSettings
) -> None:
    environment = {
        "GAZE_DATA": str(tmp_path / "data"),
        "GAZE_MODELS": str(real_whisper.directory),
        "GAZE_MODELS__MANIFEST": str(real_whisper.manifest),
        "GAZE_CHANNELS__TEXT": "true",
        "GAZE_CHANNELS__MEANING": "true",
    }
    log = tmp_path / "connections.log"
    if shutil.which("strace") is None and not os.environ.get("CI"):
        pytest.skip("strace is not installed")

    alone("use", str(folder), environment=environment, traced=log)

    asked = list(addresses(log))
    assert asked, "the trace shows not even the loopback"
    assert {address for address in asked if not ip_address(address).is_loopback} == set()


def test_a_download_is_refused_with_a_code_where_there_is_no_network(tmp_path: Path) -> None:
    places = {"GAZE_DATA": str(tmp_path / "data"), "GAZE_MODELS": str(tmp_path / "models")}
    alone("pull", environment=places)


def addresses(log: Path) -> Iterator[str]:
    """Every internet address that any process tried to reach."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            yield from _ADDRESS.findall(line)
