"""What gets through the gate in front of the pages, and what does not."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from gaze_pipeline.gate import Access, TokenGate
from gaze_pipeline.store.paths import DataPaths

HOST = "127.0.0.1:8420"
SOCKET = f"ws://{HOST}/socket"
LINK = {
    "sec-fetch-site": "same-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}


async def _page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.url.path}?{request.url.query}")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access.renew(DataPaths(tmp_path))


@pytest.fixture
def client(access: Access) -> TestClient:
    routes = [
        WebSocketRoute("/socket", _socket),
        Route("/{path:path}", _page, methods=["GET", "POST"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(TokenGate, access=access)])
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


def _bearer(access: Access, **extra: str) -> dict[str, str]:
    return {"authorization": f"Bearer {access.token}", **extra}


def test_nothing_is_shown_without_the_token(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "ACCESS_DENIED"
    page = client.get("/", headers={"accept": "text/html"})
    assert "<code>gaze up</code>" in page.text


@pytest.mark.parametrize("wrong", ["", "x", "Bearer", "Bearer ", "Bearer wrong", "Basic abc"])
def test_a_wrong_bearer_token_is_refused(client: TestClient, wrong: str) -> None:
    assert client.get("/", headers={"authorization": wrong}).status_code == 401


def test_a_bearer_token_opens_everything(client: TestClient, access: Access) -> None:
    assert client.get("/a", headers=_bearer(access)).text == "/a?"
    assert client.post("/a", headers=_bearer(access)).status_code == 200


def test_a_cookie_takes_the_place_of_the_token_in_the_address(
    client: TestClient, access: Access
) -> None:
    answer = client.get(f"/video?q=red+circle&token={access.token}&page=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/video?q=red+circle&page=2"
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert access.token not in cookie
    assert client.get("/video").status_code == 200


def test_the_cookie_opens_nothing_by_any_other_way(client: TestClient, access: Access) -> None:
    seen = access.cookie_value
    assert client.get(f"/?token={seen}").status_code == 401
    assert client.get("/", headers={"authorization": f"Bearer {seen}"}).status_code == 401
    client.cookies.set(access.cookie, access.token)
    assert client.get("/").status_code == 401, "nor is the token a cookie"


def test_a_wrong_token_in_the_address_is_refused(client: TestClient) -> None:
    assert client.get("/?token=guess").status_code == 401


def test_the_token_in_the_address_changes_nothing(client: TestClient, access: Access) -> None:
    assert client.post(f"/run?token={access.token}").status_code == 401


def test_the_redirect_stays_on_this_machine(client: TestClient, access: Access) -> None:
    location = client.get(f"//evil.example/x?token={access.token}").headers["location"]
    assert location.startswith("/")
    assert not location.startswith("//")


def test_a_link_from_another_site_moves_on_as_our_own(client: TestClient, access: Access) -> None:
    answer = client.get(
        f"/?token={access.token}&q=%22%3E%3Cscript%3E", headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text
    assert "<script>" not in answer.text
    assert access.token not in answer.text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "192.168.1.4:8420", ""]
)
def test_another_host_name_is_refused(client: TestClient, access: Access, host: str) -> None:
    assert client.get("/", headers=_bearer(access, host=host)).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8420", "127.0.0.1:9000", "[::1]:8420", "LOCALHOST"])
def test_names_of_this_machine_are_accepted(client: TestClient, access: Access, host: str) -> None:
    assert client.get("/", headers=_bearer(access, host=host)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": f"https://{HOST}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {
            "sec-fetch-site": "cross-site",
            "sec-fetch-mode": "navigate",
            "sec-fetch-dest": "document",
        },
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_a_request_made_by_another_site_is_refused(
    client: TestClient, access: Access, headers: dict[str, str]
) -> None:
    assert client.get("/", headers=_bearer(access, **headers)).status_code == 403
    assert client.post("/", headers=_bearer(access, **headers)).status_code == 403


def test_our_own_page_is_served(client: TestClient, access: Access) -> None:
    own = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
    assert client.post("/", headers=_bearer(access, **own)).status_code == 200


def test_a_link_between_our_two_ports_is_followed(client: TestClient, access: Access) -> None:
    assert client.get("/", headers=_bearer(access, **LINK)).status_code == 200
    assert client.post("/", headers=_bearer(access, **LINK)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://evil.example"}, {"host": "evil.example"}],
    ids=["no token", "other origin", "other host"],
)
def test_a_websocket_is_judged_alike(
    client: TestClient, access: Access, headers: dict[str, str]
) -> None:
    presented = _bearer(access, **headers) if headers else {}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET, headers=presented):
        pass


def test_a_websocket_with_the_cookie_opens(client: TestClient, access: Access) -> None:
    client.cookies.set(access.cookie, access.cookie_value)
    with client.websocket_connect(SOCKET, headers={"origin": f"http://{HOST}"}) as socket:
        assert socket.receive_text() == "hello"


def test_pages_cannot_be_framed_by_other_sites(client: TestClient, access: Access) -> None:
    headers = client.get("/", headers=_bearer(access)).headers
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"


def test_two_hosts_in_one_request_are_refused(access: Access) -> None:
    headers = [(b"host", b"127.0.0.1:8420"), (b"host", b"evil.example")]
    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers
    }  # fmt: skip
    answer = TokenGate(Starlette(), access)._answer(scope)
    assert answer is not None
    assert answer.status_code == 403


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions in access lists")
def test_the_token_file_is_the_owners_alone(tmp_path: Path) -> None:
    Access.renew(DataPaths(tmp_path))
    assert stat.S_IMODE((tmp_path / "run" / "token").stat().st_mode) == 0o600


def test_each_start_has_its_own_token(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    first = Access.open(paths)
    assert Access.open(paths) == first
    second = Access.renew(paths)
    assert second.token != first.token
    assert Access.open(paths) == second
    assert len(second.token) >= 43  # 32 bytes


def test_the_token_is_not_printed_by_accident(access: Access) -> None:
    assert access.token not in repr(access)
    assert access.token in access.url(8420)


def test_two_data_roots_do_not_share_a_cookie(tmp_path: Path) -> None:
    one = Access.open(DataPaths(tmp_path / "one"))
    two = Access.open(DataPaths(tmp_path / "two"))
    assert one.cookie != two.cookie
