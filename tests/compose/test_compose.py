"""docker-compose.yml does the main job: orders in through the proxy, mails out, with replicas and kills."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.compose.sink import received
from tests.compose.stack import CONNECTIONS, SECRETS, Stack
from tests.support import cdnow
from tests.support.cdnow_truth import count
from tests.support.installation import APART
from tests.support.outcome import CONTENTS, REFUSALS, at_sink, message_ids
from tests.support.replay import FLOW, PATIENCE, by_status, participants, prepare, replay

pytestmark = pytest.mark.timeout(1800)

DAYS = 37
SCALE_AT, KILL_EXECUTOR_AT, KILL_TRIGGER_AT = 10, 32, 34
KILLED_EXECUTORS = 2


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_starts_without_a_secret(stack: Stack, secret: str) -> None:
    refused = stack.compose("config", "-q", without=secret)
    assert refused.returncode != 0
    assert secret in refused.stderr


async def test_health_and_metrics_stay_inside(stack: Stack) -> None:
    for path in ("/readyz", "/metrics"):
        assert (await stack.client.get(stack.url(path))).status_code == 404


async def test_orders_come_out_right_whatever_is_scaled_and_killed(stack: Stack) -> None:
    placed = first_orders(DAYS, await business_time(stack))
    end = placed[-1].at + timedelta(days=125)
    await stack.call("PUT", "/v1/clock", json={"mode": "step"})
    await prepare(stack, placed)
    disturbance = Disturbance(stack)
    await replay(stack, placed, between=disturbance.between, end=placed[-1].at)
    await asyncio.gather(stepping(stack, end), disturbance.executor_dies(after=2.0))
    await disturbance.over()

    truth = count(placed, end)
    mails = received(stack)
    report = await stack.call("GET", f"/v1/reports/flows/{FLOW}")
    assert set(mails.values()) == {1}, "a mail came twice"
    assert by_status(await participants(stack)) == only(truth, "finished", "finished_with_success")
    assert only(Counter(report["refused"]), *REFUSALS) == only(truth, *REFUSALS)
    assert (report["suggested"], report["enrolled"]) == (truth["suggested"], truth["enrolled"])
    hold_mails_to(truth, report["messages"], at_sink(mails), len(message_ids(mails)))


async def test_every_service_runs_more_than_once(stack: Stack) -> None:
    stack.up(**(dict.fromkeys(APART, 2) | {"executor": 3}))
    await stack.ready()
    assert [len(stack.containers(service)) for service in APART] == [
        3 if service == "executor" else 2 for service in APART
    ]


def hold_mails_to(truth: Counter[str], messages: list[dict], arrived: Counter[str], ids: int) -> None:
    """Each mail was sent; or its executor died in the middle of it, and it is in doubt."""
    states = {message["content"]: Counter(message["by_state"]) for message in messages}
    for content in CONTENTS:
        done, doubt = states[content]["done"], states[content]["in_doubt"]
        assert done + doubt == truth[content]
        assert done <= arrived[content] <= done + doubt
    assert ids == arrived.total()
    assert sum(state["in_doubt"] for state in states.values()) <= CONNECTIONS * KILLED_EXECUTORS


class Disturbance:
    """More executors, one of them killed, and the only trigger killed, while orders come in."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._tasks: list[asyncio.Task[None]] = []

    async def between(self, step: int) -> None:
        if step == SCALE_AT:
            self._tasks.append(asyncio.create_task(self._scale()))
        if step == KILL_EXECUTOR_AT:
            await self.over()
            self._tasks.append(asyncio.create_task(self.executor_dies(after=0.1)))
        if step == KILL_TRIGGER_AT:
            self._tasks.append(asyncio.create_task(self._dies("trigger", after=0.1)))

    async def over(self) -> None:
        await asyncio.gather(*self._tasks)

    async def executor_dies(self, after: float) -> None:
        await self._dies("executor", after)

    async def _scale(self) -> None:
        await asyncio.to_thread(self._stack.up, executor=3)
        assert len(self._stack.containers("executor")) == 3

    async def _dies(self, service: str, after: float) -> None:
        container = (await asyncio.to_thread(self._stack.containers, service))[-1]
        await asyncio.sleep(after)
        await asyncio.to_thread(self._stack.kill_container, container)
        await asyncio.sleep(3)
        await asyncio.to_thread(self._stack.start_container, container)


async def business_time(stack: Stack) -> datetime:
    return datetime.fromisoformat((await stack.call("GET", "/v1/clock"))["now"])


async def stepping(stack: Stack, end: datetime) -> None:
    body = {"to": end.isoformat(), "patience": PATIENCE}
    await stack.call("POST", "/v1/clock/advance", json=body, patience=PATIENCE)


def first_orders(days: int, now: datetime) -> list[cdnow.Order]:
    """Those of the sample's first days, one a customer and day, moved by whole days to begin behind `now`.

    A clock does not go back, and each instant costs time here."""
    shift = timedelta(days=(now - cdnow.START).days + 2)
    first = list(cdnow.instants([order for order in cdnow.orders() if order.at.second == 0]))[:days]
    return [replace(order, at=order.at + shift) for _, together in first for order in together]


def only(figures: Counter[str], *names: str) -> Counter[str]:
    return Counter({name: figures[name] for name in names if figures[name]})
