"""Whether a service works, found out by asking it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import httpx

from gaze_pipeline.gate import Access
from gaze_pipeline.services.ports import HOST

TIMEOUT_S = 3.0
"""An unanswered probe holds up the supervisor, which has ten seconds to end everything."""
_QUERY = """{
  workspaceOrError { ... on Workspace { locationEntries {
    locationOrLoadError { __typename }
  } } }
  instance { daemonHealth { allDaemonStatuses { required healthy } } }
}"""


def listens(place: Path | int) -> bool:
    """Whether something accepts connections on a socket file or a port."""
    family = socket.AF_UNIX if isinstance(place, Path) else socket.AF_INET
    target: Any = str(place) if isinstance(place, Path) else (HOST, place)
    with socket.socket(family) as probe:
        probe.settimeout(TIMEOUT_S)
        return probe.connect_ex(target) == 0


def answers(port: int, path: str, access: Access) -> bool:
    """Whether a page behind the gate is served."""
    try:
        return _client(port, access).get(path).status_code == 200
    except httpx.HTTPError:
        return False


def dagster_works(port: int, access: Access) -> bool:
    """Whether the code location is loaded and the daemon's parts are healthy, by the UI's account."""
    try:
        answer = _client(port, access).post("/graphql", json={"query": _QUERY})
        data = answer.raise_for_status().json()["data"]
    except (httpx.HTTPError, ValueError, KeyError):
        return False
    entries = data["workspaceOrError"].get("locationEntries", [])
    daemons = data["instance"]["daemonHealth"]["allDaemonStatuses"]
    found = [(entry["locationOrLoadError"] or {}).get("__typename") for entry in entries]
    healthy = all(daemon["healthy"] for daemon in daemons if daemon["required"])
    return found == ["RepositoryLocation"] and healthy


def _client(port: int, access: Access) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://{HOST}:{port}",
        headers={"Authorization": f"Bearer {access.token}"},
        timeout=TIMEOUT_S,
        trust_env=False,
    )
