"""The Dagster UI behind the gate: what the stock one obeys, ours refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from starlette.testclient import TestClient

from gaze_pipeline.gate import Access
from gaze_pipeline.instance import open_instance
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.web import create_app, open_workspace

BASE = "http://127.0.0.1:8421"
MUTATION = "mutation { setNuxSeen }"


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> DataPaths:
    return DataPaths(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def access(paths: DataPaths) -> Access:
    return Access.open(paths)


@pytest.fixture(scope="module")
def client(paths: DataPaths, access: Access) -> Iterator[TestClient]:
    with (
        open_instance(paths) as instance,
        open_workspace(instance, EmptyWorkspaceTarget()) as context,
    ):
        yield TestClient(create_app(context, access), base_url=BASE)


@pytest.fixture
def bearer(access: Access) -> dict[str, str]:
    return {"authorization": f"Bearer {access.token}"}


@pytest.mark.parametrize("path", ["/", "/runs", "/server_info", "/graphql", "/logs/x.out"])
def test_nothing_is_shown_without_the_token(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.post(path, json={"query": "{ version }"}).status_code == 401


def test_the_ui_is_served_with_it(client: TestClient, bearer: dict[str, str]) -> None:
    page = client.get("/runs", headers=bearer)
    assert page.status_code == 200
    assert '"telemetryEnabled"' in page.text
    answer = client.post("/graphql", json={"query": "{ version }"}, headers=bearer)
    assert answer.json()["data"]["version"]


@pytest.mark.parametrize("path", ["/graphql", "//graphql", "/graphql/"])
def test_a_link_cannot_change_anything(
    client: TestClient, bearer: dict[str, str], path: str
) -> None:
    answer = client.get(path, params={"query": MUTATION}, headers=bearer)
    assert "setNuxSeen" not in answer.text or answer.status_code != 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example", "content-type": "text/plain"},
        {"sec-fetch-site": "cross-site", "content-type": "text/plain"},
        {"host": "evil.example:8421"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_another_site_cannot_post(
    client: TestClient, bearer: dict[str, str], headers: dict[str, str]
) -> None:
    body = '{"query": "' + MUTATION + '"}'
    assert client.post("/graphql", content=body, headers=bearer | headers).status_code == 403


def test_the_page_sends_no_telemetry(client: TestClient, bearer: dict[str, str]) -> None:
    page = client.get("/", headers=bearer).text
    assert '"telemetryEnabled": false' in page or '"telemetryEnabled":false' in page
    assert not re.findall(r"(?:src|href)=\"https?://", page)
