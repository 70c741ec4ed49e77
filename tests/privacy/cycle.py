"""What a user does, with nothing but the loopback: run by `test_offline` in a network of its own.

    python -m tests.privacy.cycle pull
    python -m tests.privacy.cycle use FOLDER

It brings up the loopback of its network namespace; then it asks for a model, which must fail, or indexes a
folder of videos, searches it by command and page, plays, asks the Dagster UI and forgets a video, which
must all work.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import httpx
from websockets.sync.client import connect

from gaze_pipeline.gate import Access
from gaze_pipeline.services.ports import HOST
from tests.support.finishing import finished
from tests.support.running import RunningGaze, until

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def main(step: str, *folders: str) -> None:
    """One of the steps. Raises AssertionError where it does not end as it must."""
    loopback_up()
    if step == "pull":
        _pull()
    else:
        _use(Path(os.environ["GAZE_DATA"]), Path(folders[0]))
    print("as it must be")


def _pull() -> None:
    pulled = _gaze("models", "pull", "openclip-vit-b-32", check=False)
    assert pulled.returncode, "a download succeeded without a network"
    assert "MODEL_UNREACHABLE" in pulled.stdout + pulled.stderr


def _use(root: Path, folder: Path) -> None:
    gaze = RunningGaze(root, folder)
    gaze.variables = {}
    _gaze("scan")
    _gaze("index")
    found = json.loads(_gaze("search", "red circle", "--json").stdout)
    assert found["moments"], "nothing was found"
    fingerprint = found["moments"][0]["fingerprint"]
    gaze.start()
    try:
        _visit(gaze, fingerprint)
    finally:
        gaze.stop()
    _gaze("doctor", check=False)
    _gaze("forget", fingerprint, "--yes")


def loopback_up() -> None:
    """Bring up the loopback of this network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14s", b"lo", 0, b"")
        (_, flags, _) = struct.unpack("16sh14s", fcntl.ioctl(control, _GET_FLAGS, request))
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh14s", b"lo", flags | _UP, b""))


def _visit(gaze: RunningGaze, fingerprint: str) -> None:
    """The pages, the player, the API and the Dagster UI."""
    access = Access.open(gaze.workspace.paths)
    search, dagster = gaze.ports
    headers = {"authorization": f"Bearer {access.token}"}
    with httpx.Client(base_url=f"http://{HOST}:{search}", headers=headers, timeout=60) as page:
        for path in ("/", "/api/health", "/api/search?q=red+circle", f"/posters/{fingerprint}.jpg"):
            assert page.get(path).status_code == 200, path
        played = page.get(f"/playback/{fingerprint}").json()
        part = page.get(played["url"], headers={"range": "bytes=0-999"})
        assert (part.status_code, len(part.content)) == (206, 1000)
    with connect(f"ws://{HOST}:{search}/_stcore/stream", additional_headers=headers):
        pass
    assert httpx.get(f"http://{HOST}:{dagster}/", headers=headers).status_code == 200
    until(lambda: gaze.ask("{ assetsOrError { __typename } }")["assetsOrError"], what="assets")


def _gaze(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gaze_pipeline.cli", *arguments]
    done = finished(command, os.environ, limit_s=300)
    if check and done.returncode:
        raise AssertionError(f"gaze {arguments} failed:\n{done.stdout}\n{done.stderr}")
    return done


if __name__ == "__main__":
    main(*sys.argv[1:])
