"""The SMS provider over HTTP, on a real server: what left and what became of it is told exactly."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from common.adapters.sms.http_provider import HttpSmsProvider
from common.domain.delivery import Delivered, Refused, Uncertain, Unreached
from common.domain.sms import segments
from common.ports import TextMessage
from tests.support.http_sink import Fault, HttpSink, Reply
from tests.support.ports import free_port

MESSAGE = TextMessage("e1", "+4915112345678", "Headrace", "Grüße €", segments("Grüße €"))


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[HttpSink]:
    sink = HttpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest_asyncio.fixture
async def provider(sink: HttpSink) -> AsyncIterator[HttpSmsProvider]:
    provider = HttpSmsProvider(f"{sink.url}/sms", "secret", connections=2, timeout=0.5)
    yield provider
    await provider.close()


async def test_a_message_goes_out_in_the_documented_shape(provider: HttpSmsProvider, sink: HttpSink) -> None:
    assert await provider.send(MESSAGE) == Delivered("taken by the SMS provider, in 1 part")
    (asked,) = sink.asked
    assert (asked.method, asked.headers["idempotency-key"]) == ("POST", "e1")
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.document == {
        "id": "e1",
        "to": "+4915112345678",
        "from": "Headrace",
        "text": "Grüße €",
        "segments": 1,
        "alphabet": "gsm_7",
    }


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Reply(202), Delivered),
        (Reply(400), Refused),
        (Reply(422, b'{"detail": "no such number"}'), Refused),
        (Reply(429), Refused),
        (Reply(503), Refused),
        (Reply(401), Unreached),
        (Reply(404), Unreached),
        (Reply(302, headers={"Location": "/elsewhere"}), Unreached),
        (Reply(408), Uncertain),
        (Reply(500), Uncertain),
        (Reply(502), Uncertain),
        (Fault.HANG, Uncertain),
        (Fault.BREAK, Uncertain),
    ],
)
async def test_each_answer_means_one_thing(
    provider: HttpSmsProvider, sink: HttpSink, answer: Reply | Fault, kind: type
) -> None:
    sink.answers["/sms"].append(answer)
    delivery = await provider.send(MESSAGE)
    assert isinstance(delivery, kind)
    if isinstance(delivery, Refused):
        assert delivery.permanent == (isinstance(answer, Reply) and answer.status in (400, 422))
    assert len(sink.asked) == 1, "no redirect is followed, and nothing is sent twice"


async def test_a_server_that_is_not_there_was_not_reached(sink: HttpSink) -> None:
    provider = HttpSmsProvider(f"http://127.0.0.1:{free_port()}/sms", None, connections=1, timeout=0.5)
    assert isinstance(await provider.send(MESSAGE), Unreached)
    await provider.close()


async def test_a_kept_connection_that_died_makes_no_doubt(provider: HttpSmsProvider, sink: HttpSink) -> None:
    assert isinstance(await provider.send(MESSAGE), Delivered)
    port = sink.port
    await sink.stop()
    await asyncio.sleep(0.05)
    assert isinstance(await provider.send(MESSAGE), Unreached)
    await sink.start(port)
    assert isinstance(await provider.send(MESSAGE), Delivered)
