"""Calls to other systems, on real servers and with a resolver that says what it is told."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network

import pytest
import pytest_asyncio
from pydantic import SecretStr
from standardwebhooks import Webhook

from common.adapters.http.guarded import GuardedTransport
from common.adapters.webhooks.channel import WebhookChannel
from common.adapters.webhooks.signing import Secrets
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain
from common.domain.effect import Effect
from tests.support.flows import START, a_contact
from tests.support.http_sink import Fault, HttpSink, Reply
from tests.support.ports import free_port
from tests.support.users import beside

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = [ip_network("127.0.0.0/8")]


class Names:
    """A resolver; each answer is used up, the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[HttpSink]:
    sink = HttpSink()
    await sink.start()
    yield sink
    await sink.stop()


async def call(url: str, names: Names, *, allowed: Sequence[object] = (), body: object = None) -> Delivery:
    transport = GuardedTransport(allowed, connections=2, resolver=names)  # type: ignore[arg-type]
    channel = WebhookChannel(transport, Secrets(SecretStr(SECRET), {}), beside(), connections=2, timeout=0.5)
    effect = Effect(
        id="e1", partition=0, channel="webhook", flow="test", run=1, version=1, participant="p1", contact="1",
        step="call", planned_at=START, settings={"method": "POST", "url": url, "body": body or {}},
    )  # fmt: skip
    try:
        prepared = await channel.prepare(effect, None, a_contact(first_name='A"da'), START)
        return await prepared.send()
    finally:
        await channel.close()


async def test_a_call_is_signed_under_the_effect_s_id_and_keeps_the_name_it_was_meant_for(
    sink: HttpSink,
) -> None:
    url = f"http://hooks.example.org:{sink.port}/in?a=1"
    body = {"who": "{{ contact.first_name }}", "seats": 3}
    assert await call(url, Names(["127.0.0.1"]), allowed=LOOPBACK, body=body) == Delivered("answered 200")
    (asked,) = sink.asked
    assert (asked.method, asked.path) == ("POST", "/in?a=1")
    assert asked.headers["host"] == f"hooks.example.org:{sink.port}"
    assert asked.headers["webhook-id"] == "e1"
    assert Webhook(SECRET).verify(asked.body, dict(asked.headers)) == {"who": 'A"da', "seats": 3}


async def test_without_a_body_it_is_told_who_came_where(sink: HttpSink) -> None:
    await call(f"http://hooks.example.org:{sink.port}/", Names(["127.0.0.1"]), allowed=LOOPBACK)
    told = json.loads(sink.asked[0].body)
    assert (told["type"], told["timestamp"]) == ("flow.step", START.isoformat())
    assert told["data"] == {"contact": "1", "flow": "test", "version": 1, "step": "call", "participant": "p1"}


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_inside_is_refused_for_good_and_nothing_leaves(
    sink: HttpSink, address: str
) -> None:
    delivery = await call(f"http://hooks.example.org:{sink.port}/", Names([address]))
    assert isinstance(delivery, Refused) and delivery.permanent
    assert "not a public address" in delivery.text
    assert sink.asked == []


async def test_one_address_inside_is_enough_to_refuse(sink: HttpSink) -> None:
    delivery = await call(f"http://hooks.example.org:{sink.port}/", Names(["1.1.1.1", "127.0.0.1"]))
    assert isinstance(delivery, Refused) and delivery.permanent
    assert sink.asked == []


async def test_a_name_is_resolved_once_and_can_t_mean_something_else_a_moment_later(sink: HttpSink) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.99"])
    assert isinstance(await call(f"http://localhost:{sink.port}/", names, allowed=LOOPBACK[:1]), Delivered)
    assert names.asked == [("localhost", sink.port)]


async def test_the_next_address_of_a_name_is_tried_when_the_first_is_deaf(sink: HttpSink) -> None:
    names = Names(["127.0.0.77", "127.0.0.1"])
    assert isinstance(
        await call(f"http://hooks.example.org:{sink.port}/", names, allowed=LOOPBACK), Delivered
    )


async def test_the_certificate_is_asked_for_by_name(sink: HttpSink) -> None:
    """The handshake is watched: the name goes out although the connection is to an address."""
    seen: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda socket, name, own: seen.append(name)

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    delivery = await call(f"https://hooks.example.org:{port}/", Names(["127.0.0.1"]), allowed=LOOPBACK)
    server.close()
    assert isinstance(delivery, Refused) and not delivery.permanent
    assert seen == ["hooks.example.org"]


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        (Reply(302, headers={"Location": "http://127.0.0.1/inside"}), True),
        (Reply(400), True),
        (Reply(410), True),
        (Reply(409), False),
        (Reply(429), False),
        (Reply(500), False),
        (Reply(503), False),
    ],
)
async def test_each_refusal_is_for_good_or_for_now_and_redirects_are_not_followed(
    sink: HttpSink, answer: Reply, permanent: bool
) -> None:
    sink.answers["/"].append(answer)
    delivery = await call(f"http://hooks.example.org:{sink.port}/", Names(["127.0.0.1"]), allowed=LOOPBACK)
    assert isinstance(delivery, Refused) and delivery.permanent is permanent
    assert len(sink.asked) == 1


@pytest.mark.parametrize("fault", Fault)
async def test_no_answer_is_uncertain_which_is_tried_again(sink: HttpSink, fault: Fault) -> None:
    sink.answers["/"].append(fault)
    delivery = await call(f"http://hooks.example.org:{sink.port}/", Names(["127.0.0.1"]), allowed=LOOPBACK)
    assert isinstance(delivery, Uncertain)


async def test_an_address_where_nobody_listens_is_refused_for_now() -> None:
    delivery = await call(f"http://hooks.example.org:{free_port()}/", Names(["127.0.0.1"]), allowed=LOOPBACK)
    assert isinstance(delivery, Refused) and not delivery.permanent


async def test_an_endless_answer_is_read_to_its_limit_only(sink: HttpSink) -> None:
    sink.answers["/"].append(Reply(200, b"x" * 5_000_000))
    delivery = await call(f"http://hooks.example.org:{sink.port}/", Names(["127.0.0.1"]), allowed=LOOPBACK)
    assert isinstance(delivery, Delivered)
