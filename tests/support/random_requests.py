"""Requests of any kind, made from the published descriptions or against them."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.watched_commands import MARK

POISON = (f"${MARK}", f"a.${MARK}", f"{MARK}\0", {f"${MARK}": 1}, [f"${MARK}"], {f"a.${MARK}": {"$ne": ""}})
LONG, DEEP = "x" * 5_000, 50
JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.sampled_from([[], {}, [None], {"": ""}, LONG, 10**30, "1e400", "$where", "a.b", "\0"])
)  # fmt: skip


def kept(operation: Any) -> st.SearchStrategy[Any]:
    """By the description."""
    return operation.as_strategy(generation_mode=GenerationMode.POSITIVE)  # type: ignore[no-any-return]


def against(operation: Any) -> st.SearchStrategy[Any]:
    return operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)  # type: ignore[no-any-return]


@st.composite
def with_body(draw: st.DrawFn, operation: Any, bodies: st.SearchStrategy[Any]) -> Any:
    """A good request, but for its body."""
    case = draw(kept(operation))
    case.body, case.media_type = draw(bodies), "application/json"
    return case


@st.composite
def spoilt(draw: st.DrawFn, documents: Sequence[Any]) -> Any:
    """A good document with a few places replaced, left out, doubled, or said elsewhere."""
    document = deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(document))
        if found:
            spoil(draw, found, *draw(st.sampled_from(found)))
    return document


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything inside, by what holds it and under which name or number."""
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from places(value[name])


def spoil(draw: st.DrawFn, found: Sequence[tuple[Any, Any]], holder: Any, name: Any) -> None:
    match draw(st.integers(0, 4)):
        case 0:
            del holder[name]
        case 1:
            elsewhere, other = draw(st.sampled_from(found))
            holder[name] = deepcopy(elsewhere[other])
        case 2 if isinstance(holder, list):
            holder.append(deepcopy(holder[name]))
        case 2:
            holder[draw(st.text(max_size=20))] = draw(JUNK)
        case 3:
            holder[name] = nested(holder[name], DEEP)
        case _:
            holder[name] = draw(JUNK)


def nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


@st.composite
def attacks(draw: st.DrawFn, operation: Any) -> Any:
    """A good request with operators, paths and NULs of MongoDB's in all its parameters, and somewhere in its body."""
    case = draw(kept(operation))
    poison = draw(st.sampled_from(POISON))
    text = poison if isinstance(poison, str) else json.dumps(poison)
    case.path_parameters = dict.fromkeys(case.path_parameters or {}, quote(text, safe=""))
    case.query = dict.fromkeys(case.query or {}, text) | {f"flow[${MARK}]": "1"}
    if isinstance(case.body, dict | list):
        case.body = poisoned(case.body, poison, draw(st.randoms(use_true_random=False)))
    return case


def poisoned(value: Any, poison: Any, random: Random) -> Any:
    """One value somewhere inside replaced, or one more beside it."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        name = random.choice(sorted(value))
        return value | {name: poisoned(value[name], poison, random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        return [*value[:-1], poisoned(value[-1], poison, random)]
    if isinstance(value, dict):
        return value | (poison if isinstance(poison, dict) else {f"${MARK}": poison})
    return poison


@schemathesis.serializer("message/rfc822")
def as_mail(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def as_sent(case: Any) -> dict[str, Any]:
    """What httpx is asked to send; keys are the test's own."""
    request: dict[str, Any] = case.as_transport_kwargs(base_url="http://localhost")
    request.pop("cookies", None)
    if files := request.pop("files", None):
        request["files"] = [(name, tuple(map(sendable, part))) for name, part in as_pairs(files)]
    headers = request.pop("headers", None) or {}
    request["headers"] = {
        name: value for name, value in headers.items() if name.lower() not in ("authorization", "host")
    }
    return request


def as_pairs(files: Any) -> list[tuple[str, tuple[Any, ...]]]:
    pairs = files.items() if isinstance(files, dict) else files
    return [(name, part if isinstance(part, tuple) else (None, part)) for name, part in pairs]


def sendable(value: Any) -> Any:
    """A client sends texts and bytes alone, whatever it was told to make up."""
    return value if value is None or isinstance(value, str | bytes | dict) else str(value)


def hanging_up(face: ASGIApp) -> ASGIApp:
    """Its client leaves with the first piece of an answer."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        heard, sent, answered = asyncio.Event(), False, False

        async def next_message() -> Message:
            nonlocal sent
            if not sent:
                message = await receive()
                sent = not message.get("more_body", False)
                return message
            await heard.wait()
            return {"type": "http.disconnect"}

        async def answer(message: Message) -> None:
            nonlocal answered
            await send(message)
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            if message.get("body"):
                heard.set()

        await face(scope, next_message, answer)
        if not answered:
            await send({"type": "http.response.body"})  # httpx wants to see an end

    return application
