"""Every answer is as the API's own OpenAPI document says, whatever is asked."""

from __future__ import annotations

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

ADDRESSES = [
    *("GET /health", "GET /models", "GET /settings", "GET /libraries", "GET /libraries/{name}"),
    *("GET /videos", "GET /videos/{fingerprint}", "GET /captions/{fingerprint}"),
    *("GET /jobs", "GET /jobs/{fingerprint}", "GET /search", "POST /search"),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_answers_are_as_described(served: FastAPI, address: str) -> None:
    method, path = address.split()
    described = schemathesis.openapi.from_asgi("/openapi.json", served)
    described.config.update(base_url="http://testserver")
    operation = described[path][method]
    lenient = [positive_data_acceptance] if path == "/search" else []  # words may say nothing
    ways = [operation.as_strategy(mode) for mode in GenerationMode]

    @given(case=st.one_of(ways))
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def answered(case: Case) -> None:
        case.call_and_validate(excluded_checks=lenient)

    answered()


def test_every_address_is_tested(api: TestClient) -> None:
    """What goes on for ever, the events, has tests of its own."""
    paths = api.get("openapi.json").json()["paths"]
    found = {f"{way.upper()} {path}" for path, ways in paths.items() for way in ways}
    assert found == {*ADDRESSES, "GET /events"}


def test_it_is_openapi_3_1_and_describes_how_to_change_things(api: TestClient) -> None:
    described = api.get("openapi.json").json()

    assert described["openapi"].startswith("3.1")
    assert "gaze" in described["info"]["description"]
    assert all(
        set(ways) <= {"get", "post"} and ("post" not in ways or path == "/search")
        for path, ways in described["paths"].items()
    )


def test_no_page_of_it_loads_anything_from_elsewhere(api: TestClient) -> None:
    assert {api.get(page).status_code for page in ("docs", "redoc")} == {404}
