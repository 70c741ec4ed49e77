"""Everything that runs, asked by those who should get nothing: other programs, sites and names."""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from gaze_pipeline.gate import Access
from gaze_pipeline.services.ports import HOST
from tests.support.roots import tiny_library
from tests.support.running import RunningGaze, running_gaze, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX"),
]

SOMEONE = "0123456789abcdef"
SEARCH_ADDRESSES = (
    *("/", "/library", "/video", "/health", "/settings", "/healthz", "/nowhere"),
    *("/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a/b", "/media/a.mp4"),
    *("/static/index.html", "/favicon.png", "/component/x/y.js", "/app/static/x"),
    *("/api/docs", "/api/openapi.json", "/api/health", "/api/search?q=x", "/api/videos"),
    *("/api/events", "/api/settings", f"/files/{SOMEONE}", f"/playback/{SOMEONE}"),
    *(f"/clips/{SOMEONE}-0-end-remux.mp4", f"/thumbnails/{SOMEONE}/0.jpg"),
    *(f"/posters/{SOMEONE}.jpg", f"/transcripts/{SOMEONE}", f"/captions/{SOMEONE}.vtt"),
)
DAGSTER_ADDRESSES = (
    *("/", "/runs", "/graphql", "/server_info", "/dagit_info", "/static/js/x.js"),
    *("/logs/x.out", "/notebook?repoName=x", "/download_debug/x", "/robots.txt"),
    *("/report_asset_materialization/audio", "/nowhere"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
SOCKETS = (("/_stcore/stream", 0, "streamlit"), ("/graphql", 1, "graphql-ws"))
PATIENCE_S = 60
SECRET = "what is written here is nobody else's business"
ASTRAY = (
    "/static/../../secret.txt",
    "/static/%2e%2e/%2e%2e/secret.txt",
    "/static/..%2f..%2fsecret.txt",
    "/static//{root}/secret.txt",
    "//{root}/secret.txt",
    "/media/..%2f..%2fsecret.txt",
    "/app/static/..%2fsecret.txt",
    "/component/gaze.moments/..%2f..%2fsecret.txt",
    "/_stcore/bidi-components/gaze.moments/..%2f..%2fsecret.txt",
    "/files/..%2f..%2fsecret.txt",
    "/files/{root}/secret.txt",
    "/clips/..%2fsecret.txt",
    "/clips/%2e%2e%2fsecret.txt",
    "/thumbnails/..%2f..%2fsecret.txt/0.jpg",
    "/thumbnails/%2e%2e/%2e%2e/secret.txt",
    "/posters/..%2fsecret.jpg",
    "/captions/..%2f..%2fsecret.vtt",
    "/captions/..%5c..%5csecret.vtt",
    "/transcripts/..%2fsecret.txt",
    "/api/captions/..%2fsecret.txt",
    "/logs/..%2f..%2fsecret.txt",
    "/logs/%2e%2e/%2e%2e/secret.txt",
    "/notebook/..%2fsecret.txt",
    "/download_debug/..%2fsecret.txt",
)


@pytest.fixture(scope="module")
def gaze(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGaze]:
    """Everything running over one tiny video; a file with a secret lies in the data root."""
    folder = tmp_path_factory.mktemp("security")
    with running_gaze(folder / "data", tiny_library(folder / "films", 1)) as gaze:
        until(lambda: gaze.decoded(1), what="the video")
        (gaze.root / "secret.txt").write_text(SECRET, encoding="utf-8")
        yield gaze


@pytest.fixture(scope="module")
def access(gaze: RunningGaze) -> Access:
    return Access.open(gaze.workspace.paths)


def raw(port: int, request: str) -> str:
    """What is answered to a request sent as it stands."""
    with socket.create_connection((HOST, port), timeout=PATIENCE_S) as connection:
        connection.sendall(request.encode("latin-1"))
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode("latin-1")


def asked(path: str, *headers: str, method: str = "GET", host: str = "127.0.0.1") -> str:
    """A request to send as it stands."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "Connection: close"]
    return "\r\n".join([*lines, "", ""])


def test_nothing_answers_without_the_token(gaze: RunningGaze) -> None:
    for port, addresses in zip(gaze.ports, (SEARCH_ADDRESSES, DAGSTER_ADDRESSES), strict=True):
        with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=PATIENCE_S) as client:
            for path in addresses:
                for method in METHODS:
                    answer = client.request(method, path)
                    assert answer.status_code == 401, (method, path)
                    assert "Gaze" not in answer.headers.get("server", "")
                    told = answer.json() if method != "HEAD" else {"error": {}}
                    assert set(told) == {"error"}, (method, path)


def test_nothing_else_listens_or_speaks_to_others(gaze: RunningGaze) -> None:
    connections = []
    for process in gaze.family():
        with suppress(psutil.NoSuchProcess):  # a run that ended since
            connections += process.net_connections("inet")
    listening = {connection.laddr for connection in connections if not connection.raddr}
    assert listening == {(HOST, port) for port in gaze.ports}
    assert {connection.raddr.ip for connection in connections if connection.raddr} <= {HOST}


def test_the_token_is_the_owners_and_in_the_printed_addresses(
    gaze: RunningGaze, access: Access
) -> None:
    file = gaze.workspace.paths.run / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    printed = re.findall(r"http://\S+", "".join(gaze.said))
    assert printed
    for address in printed:
        assert f"token={access.token}" in address
        answer = httpx.get(address, timeout=PATIENCE_S)
        assert answer.status_code == 303
        assert access.token not in answer.headers["location"] + answer.headers["set-cookie"]
        with httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as browser:
            assert browser.get(address).status_code == 200


@pytest.mark.parametrize(("path", "service", "protocol"), SOCKETS)
def test_a_websocket_opens_to_our_own_page_only(
    gaze: RunningGaze, access: Access, path: str, service: int, protocol: str
) -> None:
    port = gaze.ports[service]
    own = {"Cookie": f"{access.cookie}={access.cookie_value}", "Origin": f"http://{HOST}:{port}"}
    refused = [
        {},
        {"Cookie": f"{access.cookie}={'0' * 64}", "Origin": own["Origin"]},
        {"Cookie": f"{access.cookie}={access.token}", "Origin": own["Origin"]},
        {"Authorization": f"Bearer {access.cookie_value}"},
        own | {"Origin": "http://evil.example"},
        own | {"Origin": "null"},
        own | {"Origin": f"http://{HOST}:{gaze.ports[1 - service]}"},
        own | {"Sec-Fetch-Site": "cross-site"},
        own | {"Sec-Fetch-Site": "same-site"},
    ]
    address = f"ws://{HOST}:{port}{path}"
    subprotocols = [Subprotocol(protocol)]
    for headers in refused:
        with pytest.raises(InvalidStatus) as failure:
            connect(address, additional_headers=headers, subprotocols=subprotocols)
        assert failure.value.response.status_code in (401, 403), headers
    rebound = f"ws://evil.example:{port}{path}"
    with socket.create_connection((HOST, port)) as connection, pytest.raises(InvalidStatus):
        connect(rebound, sock=connection, additional_headers=own, subprotocols=subprotocols)
    with connect(address, additional_headers=own, subprotocols=subprotocols):
        pass


def test_another_name_or_another_site_gets_nothing(gaze: RunningGaze, access: Access) -> None:
    bearer = f"Authorization: Bearer {access.token}"
    for port in gaze.ports:
        strange = [
            asked("/", bearer, host="evil.example"),
            asked("/", bearer, host=f"evil.example:{port}"),
            asked("/", bearer, "Host: evil.example"),
            asked(f"http://evil.example:{port}/", bearer, host="evil.example"),
            f"GET / HTTP/1.0\r\n{bearer}\r\n\r\n",
            asked("/graphql", bearer, "Origin: http://evil.example", method="POST"),
            asked("/api/search", bearer, "Sec-Fetch-Site: cross-site", method="POST"),
            asked("/", bearer, "Sec-Fetch-Site: same-site", "Sec-Fetch-Dest: iframe"),
        ]
        for request in strange:
            status = raw(port, request).split(" ")[1]
            assert status in ("400", "403"), request


def test_no_path_leads_out_of_what_is_known(gaze: RunningGaze, access: Access) -> None:
    bearer = f"Authorization: Bearer {access.token}"
    for port in gaze.ports:
        for path in ASTRAY:
            answer = raw(port, asked(path.format(root=gaze.root), bearer))
            assert SECRET not in answer, path
            assert access.token not in answer, path


def test_the_token_is_written_nowhere_else(gaze: RunningGaze, access: Access) -> None:
    for port, addresses in zip(gaze.ports, (SEARCH_ADDRESSES, DAGSTER_ADDRESSES), strict=True):
        with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=PATIENCE_S) as client:
            for path in (*addresses, "/bad%00path"):
                client.get(path, params={"token": access.token})
                client.post(path, params={"token": access.token}, content=access.token)
    secrets = (access.token.encode(), access.cookie_value.encode())
    told = [
        path for path in everything(gaze.root) if any(secret in content(path) for secret in secrets)
    ]
    assert told == [gaze.workspace.paths.run / "token"]


def content(file: Path) -> bytes:
    """What a file holds; nothing if the running services have removed it since it was listed."""
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return b""


def everything(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
