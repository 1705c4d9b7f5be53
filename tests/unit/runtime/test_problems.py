from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from common.domain.selection import SelectionData
from common.ports import Unavailable, Unstorable
from common.runtime import problems
from common.runtime.body_limit import BodyLimit
from common.runtime.problems import Conflict

LIMIT = 1000


def application() -> FastAPI:
    api = FastAPI()
    problems.install(api)
    api.add_middleware(BodyLimit, limit=LIMIT)

    @api.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise {
            "conflict": Conflict("no", allowed=["yes"]),
            "unavailable": Unavailable("MongoDB", retry_after=7),
            "unstorable": Unstorable("number too large"),
        }.get(what, RuntimeError("password hush"))

    @api.put("/selections")
    async def put(data: SelectionData, limit: int = 1) -> dict[str, Any]:
        return data.model_dump()

    return api


@pytest.fixture
def http() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def body(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return answer.json()


async def test_a_problem_carries_its_data(http: httpx.AsyncClient) -> None:
    assert body(await http.get("/raise/conflict"), 409) == {
        "type": "urn:headrace:problem:conflict",
        "title": "Not possible as things stand",
        "status": 409,
        "detail": "no",
        "allowed": ["yes"],
    }


async def test_what_is_not_available_says_when_to_come_back(http: httpx.AsyncClient) -> None:
    answer = await http.get("/raise/unavailable")
    assert "MongoDB" in body(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "7"


async def test_what_cannot_be_stored_is_the_sender_s_to_change(http: httpx.AsyncClient) -> None:
    assert "number too large" in body(await http.get("/raise/unstorable"), 422)["errors"][0]["detail"]


async def test_nothing_leaks_from_an_unexpected_error(http: httpx.AsyncClient) -> None:
    answer = await http.get("/raise/else")
    body(answer, 500)
    assert "hush" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_the_framework_s_own_refusals_are_problems_too(http: httpx.AsyncClient) -> None:
    body(await http.get("/nowhere"), 404)
    body(await http.delete("/selections"), 405)


async def test_each_wrong_field_is_named(http: httpx.AsyncClient) -> None:
    answer = await http.put("/selections?limit=x", json={"nmae": "Staff", "description": 3})
    errors = body(answer, 422)["errors"]
    assert {"pointer": "#/name", "detail": "is required"} in errors
    assert {"pointer": "#/nmae", "detail": "is not a field here"} in errors
    assert {"pointer": "#/description", "detail": "should be a valid string"} in errors
    assert errors[-1]["parameter"] == "limit"


@pytest.mark.parametrize("text", ["{", "", "[1", "\x00"])
async def test_what_is_no_json_is_told_so(http: httpx.AsyncClient, text: str) -> None:
    answer = await http.put("/selections", content=text, headers={"Content-Type": "application/json"})
    assert body(answer, 422)["errors"]


async def test_a_request_may_be_as_large_as_the_limit_and_no_larger(http: httpx.AsyncClient) -> None:
    fits = b'{"name": "Staff"}'.ljust(LIMIT)
    headers = {"Content-Type": "application/json"}
    assert (await http.put("/selections", content=fits, headers=headers)).status_code == 200
    assert body(await http.put("/selections", content=fits + b" ", headers=headers), 413)["limit"] == LIMIT


async def test_the_limit_holds_for_bodies_of_unannounced_length(http: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 100

    answer = await http.put("/selections", content=endless(), headers={"Content-Type": "application/json"})
    body(answer, 413)
