"""Messages whose sending window has closed by the time at which they are claimed, on a real MongoDB."""

from datetime import datetime, timedelta

import pytest

from common.adapters.mongo.clock import MongoClock
from common.adapters.mongo.drained import MongoDrained
from common.adapters.mongo.work import to_ticket
from common.domain.clock import ClockMode, ClockSetting
from common.domain.effect import EffectState
from common.domain.event import EFFECT_WAITS
from common.domain.flow_book import OpenFlow
from common.domain.permission import Permission
from common.domain.reasons import FlowState
from common.messages.topology import Service
from common.runtime.effects import EffectSender
from tests.support.flows import START, a_contact, a_flow
from tests.support.sending import PARTITIONS, World, an_effect, plan
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.mongo

CLOSED = {"opens": "08:00", "closes": "10:00"}
OPENS = START + timedelta(hours=20)


def with_window(version: int = 1, **window: str) -> OpenFlow:
    return a_flow().mailing(window=window or None).open(version=version)


async def at(world: World, moment: datetime) -> None:
    machine = datetime.now(moment.tzinfo)
    setting = ClockSetting(mode=ClockMode.STEP, business=moment, machine=machine)
    clock = world.dispatch.ledger.clock
    assert isinstance(clock, MongoClock)
    await clock.set(setting)


async def closed(world: World, count: int) -> EffectSender:
    """So many mails that were planned while the window was open, claimed after it has closed."""
    world.flows.open = (with_window(**CLOSED),)
    await plan(world, count)
    await at(world, START)
    sender = await world.sender()
    assert await sender.turn()
    return sender


async def waits_told(world: World) -> list[dict[str, object]]:
    tickets = world.database["work"].find({"service": Service.EXECUTOR.value})
    records = [record async for ticket in tickets for record in to_ticket(ticket).records]
    return [record.data for record in records if record.type == EFFECT_WAITS]


async def test_they_wait_for_it_to_open_are_told_and_leave_once(world: World, sink: SmtpSink) -> None:
    sender = await closed(world, 3)

    assert await world.states() == {EffectState.PLANNED: 3}
    assert not await sender.turn(), "what waits is not claimed again and again"
    told = await waits_told(world)
    assert sorted(str(each["effect"]) for each in told) == ["e1", "e2", "e3"]
    assert {str(each["until"]) for each in told} == {f"{OPENS:%Y-%m-%dT%H:%M:%SZ}"}

    await at(world, OPENS)
    while await sender.turn():
        pass
    assert await world.states() == {EffectState.DONE: 3}
    assert sink.counts.total() == len(sink.counts) == 3
    (effect,) = await world.effects.many(["e1"])
    assert (effect.attempts, effect.opens_at, effect.not_before) == (1, None, None)


async def test_what_waits_is_no_work_until_then_and_the_clock_stops_there(world: World) -> None:
    sender = await closed(world, 2)
    await world.database["work"].delete_many({})
    drained = MongoDrained(world.database, PARTITIONS)

    left = await drained.look()
    assert (left.at(START), left.next_due) == (None, OPENS)
    assert left.at(OPENS) is not None

    await at(world, OPENS)
    while await sender.turn():
        pass
    await world.database["work"].delete_many({})
    assert (await drained.look()).next_due is None


async def test_a_retry_asks_again(world: World, sink: SmtpSink) -> None:
    sink.at_recipient["contact-1@example.org"] = "450 4.2.1 later"
    world.flows.open = (with_window(**CLOSED),)
    await plan(world, 1)
    await at(world, OPENS)
    sender = await world.sender()
    await sender.turn()
    sink.at_recipient.clear()
    past = START.replace(year=2000)
    await world.database["effects"].update_one({"_id": "e1"}, {"$set": {"not_before": past}})

    await at(world, OPENS + timedelta(hours=3))
    await sender.turn()
    assert sink.counts.total() == 0
    (effect,) = await world.effects.many(["e1"])
    assert (effect.state, effect.opens_at, effect.attempts) == (
        EffectState.PLANNED,
        OPENS + timedelta(days=1),
        1,
    )

    await at(world, OPENS + timedelta(days=1))
    await sender.turn()
    assert sink.counts.total() == 1


async def test_a_resume_under_another_window_and_an_end_are_heeded_at_once(
    world: World, sink: SmtpSink
) -> None:
    sender = await closed(world, 2)
    world.flows.open, world.flows.epoch_now = (with_window(version=2, opens="11:00", closes="13:00"),), 1
    await world.partitions.raise_epoch(1)
    await world.database["effects"].update_one({"_id": "e2"}, {"$set": {"flow": "other"}})

    while await sender.turn():
        pass

    assert await world.states() == {EffectState.DONE: 1, EffectState.PLANNED: 1}
    assert [got.recipient for got in sink.counts] == ["contact-1@example.org"]

    newcomer = await world.sender("another")
    assert await newcomer.turn(), "who takes over asks again, whatever acts came before"
    assert (await world.states())[EffectState.WITHDRAWN] == 1


async def test_word_to_the_staff_goes_out_all_the_same(world: World, sink: SmtpSink) -> None:
    world.flows.open = (with_window(**CLOSED),)
    await world.plan([an_effect(1, permission=Permission.NONE)], [a_contact("1")])
    await at(world, START)
    await (await world.sender()).turn()
    assert sink.counts.total() == 1


async def test_what_waits_in_a_flow_that_is_paused_then_holds_up_nothing(world: World) -> None:
    sender = await closed(world, 1)
    paused = a_flow().mailing(window=CLOSED).open(state=FlowState.PAUSED)
    world.flows.open, world.flows.epoch_now = (paused,), 1
    await world.database["flows"].insert_one({"_id": "test", "state": FlowState.PAUSED})
    await at(world, OPENS)
    assert not await sender.turn()
    await world.database["work"].delete_many({})
    assert (await MongoDrained(world.database, PARTITIONS).look()).at(OPENS) is None
