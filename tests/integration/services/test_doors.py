"""Every route asks for a key, but for a few, each for a reason."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from common.adapters.mail.mailbox import Mailbox
from common.adapters.sms.sink import SmsSink
from services.all_in_one import SERVICES
from services.command_line import mailbox_page, phone_page
from tests.integration.services.engine import Engine

OPEN = {
    "/openapi.json": "what there is to ask is no secret",
    "/docs": "the same, to read",
    "/docs/start.js": "belongs to the page above",
    "/docs/viewer.css": "belongs to the page above",
    "/docs/viewer.js": "belongs to the page above",
    "/livez": "orchestrators have no key",
    "/readyz": "orchestrators have no key",
    "/metrics": "belongs on a network of the operator's",
    "/r/l/{token}": "the signed token is the right",
    "/r/o/{token}": "the signed token is the right",
    "/r/p/{token}": "the signed token is the right",
    "/r/f/{token}": "the signed token is the right",
    "/r/u/{token}": "the signed token is the right",
    "/r/c/{token}": "the signed token is the right",
    "/r/form/{form}": "forms are for everybody",
    "/r/form/{form}/proof": "forms are for everybody",
    "/v1/events/crm": "the CRM signs; without a secret it is off",
    "/v1/schema/flow": "no secret, and editors fetch it",
}


def routes(face: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of everything that is answered, those that the schema does not show included."""
    for route in face.routes:
        included = getattr(route, "effective_route_contexts", None)
        for each in included() if included else [route]:
            for method in each.methods - ({"HEAD"} if isinstance(each, Route) else set()):
                yield method, each.path


async def test_no_route_answers_without_a_key_but_those_that_must(engine: Engine) -> None:
    asked = set(routes(engine.face))
    assert len(asked) > 30

    for method, path in sorted(asked):
        answer = await engine.ask(method, re.sub(r"{\w+}", "x", path), headers={"Authorization": ""})
        if path in OPEN:
            assert answer.status_code != 401, path
        else:
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
            form = "application/json" if path.startswith("/odata") else "application/problem+json"
            assert answer.headers["content-type"] == form, f"{method} {path}"


async def test_what_asks_for_no_key_is_answered_under_names_of_this_machine_alone(engine: Engine) -> None:
    """But for what readers and visitors come to, under whatever name a proxy gives it; and it holds no secret."""
    for method, path in sorted(routes(engine.face)):
        headers = {"Authorization": "", "Host": "elsewhere.example"}
        answer = await engine.ask(method, re.sub(r"{\w+}", "x", path), headers=headers)
        for_all = path.startswith("/r/") or path in ("/v1/schema/flow", "/v1/events/crm")
        assert (answer.status_code in (401, 421)) is not for_all, f"{method} {path}: {answer.status_code}"


def test_every_service_is_among_those_asked() -> None:
    apart = {file.parent.name for file in (Path(__file__).parents[3] / "services").glob("*/app.py")}
    assert {service.__name__.split(".")[1] for service in SERVICES} == apart


def test_what_headrace_up_adds_without_a_key_is_for_trying_out() -> None:
    """It listens on the own machine alone unless told otherwise, and holds what nobody was sent."""
    pages = [
        mailbox_page.router(Mailbox()), mailbox_page.front_router(), phone_page.router(SmsSink(), "token"),
    ]  # fmt: skip
    routes = [route for page in pages for route in page.routes if isinstance(route, Route)]
    found = {(method, route.path) for route in routes for method in route.methods or ()}
    shown = {("GET", "/"), ("GET", "/mailbox"), ("GET", "/mailbox/{number}"), ("GET", "/phone")}
    assert found == shown | {("POST", "/phone")}  # which asks for a token of its own


async def test_the_list_of_open_doors_names_only_doors_that_are_there(engine: Engine) -> None:
    assert set(OPEN) <= {path for _, path in routes(engine.face)}


@pytest.mark.parametrize("depth", [60, 900, 40_000])
async def test_json_however_deep_breaks_no_route(engine: Engine, depth: int) -> None:
    bodies = [b"[" * depth + b"]" * depth, b'{"data":' * depth + b"1" + b"}" * depth]
    headers = {"Content-Type": "application/json"}
    for method, path in sorted(routes(engine.face)):
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            for body in bodies:
                answer = await engine.ask(method, re.sub(r"{\w+}", "x", path), content=body, headers=headers)
                assert answer.status_code < 500, f"{method} {path}: {answer.text[:300]}"


async def test_every_answer_tells_browsers_to_guess_no_type(engine: Engine) -> None:
    for path in ("/v1/flows", "/v1/nowhere", "/r/l/x", "/metrics", "/odata"):
        assert (await engine.ask("GET", path)).headers["X-Content-Type-Options"] == "nosniff"


async def test_what_is_no_route_is_told_as_a_problem(engine: Engine) -> None:
    for method, path, status in (("GET", "/v1/nowhere", 404), ("DELETE", "/v1/events", 405)):
        answer = await engine.ask(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
