"""The ledger and its sender, on a real MongoDB and a real SMTP server."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from common.adapters.mongo.client import connect
from common.adapters.mongo.collections import ensure_collections
from common.domain.contact import E_MARKETING, Consent, LegalBasis
from common.domain.effect import EffectState
from common.domain.reasons import FlowState
from common.messages.topology import Service
from common.ports import Commit, Committed, Guard
from tests.support.flows import START, a_contact, a_flow
from tests.support.mongod import Database
from tests.support.sending import PARTITION, PARTITIONS, World, an_effect
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.mongo

LEASE = timedelta(seconds=30)


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    sink = SmtpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest_asyncio.fixture
async def world(mongo_url: str, database: Database, sink: SmtpSink) -> AsyncIterator[World]:
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    world = World(handle, sink.port)
    await world.partitions.ensure(PARTITIONS)
    yield world
    await world.close()
    await handle.client.close()


async def plan(world: World, count: int) -> None:
    numbers = range(1, count + 1)
    await world.plan([an_effect(n) for n in numbers], [a_contact(str(n)) for n in numbers])


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in a database
            await asyncio.sleep(0.02)


# The ledger by itself.


async def test_a_claim_takes_each_planned_effect_once(world: World) -> None:
    await plan(world, 30)
    claims = await asyncio.gather(
        *(world.effects.claim(PARTITION, 20, token=f"t{n}", lease=LEASE, without_flows=[]) for n in range(4))
    )
    taken = Counter(effect.id for claim in claims for effect in claim)
    assert max(taken.values()) == 1
    assert (await world.states())[EffectState.CLAIMED] == len(taken)


async def test_each_flow_gets_its_share_of_a_claim(world: World) -> None:
    many = [an_effect(n, flow="crowd") for n in range(100)]
    few = [an_effect(100 + n, flow="few") for n in range(3)]
    await world.plan([*many, *few], [])
    claimed = await world.effects.claim(PARTITION, 20, token="t", lease=LEASE, without_flows=[])
    assert Counter(effect.flow for effect in claimed)["few"] == 3
    assert Counter(effect.flow for effect in claimed)["crowd"] >= 10


async def test_effects_of_flows_left_out_and_of_other_partitions_stay(world: World) -> None:
    await world.plan([an_effect(1, flow="paused"), an_effect(2, partition=1), an_effect(3)], [])
    claimed = await world.effects.claim(PARTITION, 20, token="t", lease=LEASE, without_flows=["paused"])
    assert [effect.id for effect in claimed] == ["e3"]


async def test_looking_for_work_reads_the_index_alone(world: World) -> None:
    await world.plan([an_effect(n, state="done", settled_at=START) for n in range(50)], [])
    await world.plan([an_effect(50)], [])
    query = {"state": "planned", "partition": PARTITION, "flow": "test", "not_before": None}
    plan = await world.database.command(
        "explain", {"find": "effects", "filter": query}, verbosity="executionStats"
    )
    assert plan["executionStats"]["totalDocsExamined"] <= 1
    distinct = await world.database.command(
        "explain",
        {"distinct": "effects", "key": "flow", "query": {"state": "planned", "partition": PARTITION}},
        verbosity="executionStats",
    )
    assert distinct["executionStats"]["totalDocsExamined"] <= 1
    assert distinct["executionStats"]["totalKeysExamined"] <= 2


async def test_an_abandoned_claim_goes_back_and_a_late_mark_fails(world: World) -> None:
    await plan(world, 2)
    lease = timedelta(milliseconds=1)
    claimed = await world.effects.claim(PARTITION, 5, token="late", lease=lease, without_flows=[])
    await asyncio.sleep(0.05)
    assert await world.effects.release_expired(PARTITION) == 2
    late = world.effects.mark_sending([each.id for each in claimed], "late", LEASE)
    assert (await world.batches.commit(Commit(writes=[late]))).outcome is Committed.OUTRUN
    assert await world.states() == {EffectState.PLANNED: 2}


async def test_an_abandoned_sending_is_in_doubt_and_its_token_may_still_answer(world: World) -> None:
    await plan(world, 1)
    await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    mark = world.effects.mark_sending(["e1"], "t", timedelta(milliseconds=1))
    assert (await world.batches.commit(Commit(writes=[mark]))).outcome is Committed.DONE
    await asyncio.sleep(0.05)
    assert await world.effects.release_expired(PARTITION) == 0
    assert [each.id for each in await world.effects.expired_sending(PARTITION, 10)] == ["e1"]
    await world.batches.commit(Commit(writes=[world.effects.doubt(["e1"])]))
    assert [each.id for each in await world.effects.in_doubt(10)] == ["e1"]
    answer = world.effects.settle("e1", "t", EffectState.DONE, reason="250", at=START)
    assert (await world.batches.commit(Commit(writes=[answer]))).outcome is Committed.DONE
    assert await world.states() == {EffectState.DONE: 1}


async def test_another_token_settles_nothing(world: World) -> None:
    await plan(world, 1)
    await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    await world.batches.commit(Commit(writes=[world.effects.mark_sending(["e1"], "t", LEASE)]))
    wrong = world.effects.settle("e1", "other", EffectState.DONE, reason=None, at=START)
    assert (await world.batches.commit(Commit(writes=[wrong]))).outcome is Committed.OUTRUN


async def test_returning_takes_the_attempt_back(world: World) -> None:
    await plan(world, 1)
    await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    await world.batches.commit(Commit(writes=[world.effects.mark_sending(["e1"], "t", LEASE)]))
    assert (await world.effects.many(["e1"]))[0].attempts == 1
    await world.effects.release(["e1"], "t")
    (effect,) = await world.effects.many(["e1"])
    assert (effect.state, effect.attempts, effect.token, effect.lease) == (EffectState.PLANNED, 0, None, None)


async def test_five_soft_bounces_in_a_row_block_and_a_delivery_ends_the_row(world: World) -> None:
    async def bounce(times: int, permanent: bool = False) -> None:
        for _ in range(times):
            write = world.addresses.bounced("A@Example.org", permanent=permanent, reason="$x", at=START)
            await world.batches.commit(Commit(writes=[write]))

    await bounce(4)
    await world.batches.commit(Commit(writes=[world.addresses.delivered(["a@example.org"])]))
    await bounce(4)
    assert await world.addresses.blocked(["a@example.org"]) == set()
    await bounce(1)
    assert await world.addresses.blocked(["A@example.ORG", "b@example.org"]) == {"a@example.org"}


async def test_one_permanent_bounce_blocks_for_good(world: World) -> None:
    write = world.addresses.bounced("a@example.org", permanent=True, reason="550", at=START)
    await world.batches.commit(Commit(writes=[write]))
    await world.batches.commit(Commit(writes=[world.addresses.delivered(["a@example.org"])]))
    assert await world.addresses.blocked(["a@example.org"]) == {"a@example.org"}


# The sender.


async def test_each_planned_mail_is_sent_once_and_the_executor_is_told(world: World, sink: SmtpSink) -> None:
    await plan(world, 60)
    sender = await world.sender()
    while await sender.turn():
        pass
    assert await world.states() == {EffectState.DONE: 60}
    assert sink.counts.total() == len(sink.counts) == 60
    assert sink.most_at_once <= world.connections
    assert {got.message_id for got in sink.counts} == {f"<effect.e{n}@example.org>" for n in range(1, 61)}
    told = await world.told()
    assert Counter(each["effect"] for each in told) == Counter(f"e{n}" for n in range(1, 61))
    assert {(each["state"], each["address"]) for each in told if each["effect"] == "e7"} == {
        ("done", "contact-7@example.org")
    }
    assert world.observed == {EffectState.DONE: 60}


async def test_a_paused_flow_s_mail_waits_for_the_resume(world: World, sink: SmtpSink) -> None:
    await plan(world, 3)
    sender = await world.sender()
    world.flows.open, world.flows.epoch_now = (a_flow().open(state=FlowState.PAUSED),), 1
    await world.partitions.raise_epoch(1)
    await sender.turn()
    assert await world.states() == {EffectState.PLANNED: 3}
    world.flows.open, world.flows.epoch_now = (a_flow().open(),), 2
    await world.partitions.raise_epoch(2)
    running = asyncio.create_task(sender.run())
    await eventually(lambda: reached(world, EffectState.DONE, 3))
    sender.stop()
    await running
    assert sink.counts.total() == 3


async def test_after_the_epoch_has_risen_nothing_decided_before_goes_out(
    world: World, sink: SmtpSink
) -> None:
    await plan(world, 1)
    own = await world.own()
    claimed = await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    await world.partitions.raise_epoch(1)
    mark = world.effects.mark_sending([each.id for each in claimed], "t", LEASE)
    guard = Guard(Service.EFFECTS, PARTITION, own.token, 0)
    result = await world.batches.commit(Commit(guard=guard, writes=[mark]))
    assert result.outcome is Committed.FENCED
    assert await world.states() == {EffectState.CLAIMED: 1}


async def test_an_ended_flow_s_mail_is_withdrawn_and_told(world: World, sink: SmtpSink) -> None:
    await plan(world, 2)
    world.flows.open, world.flows.epoch_now = (), 1
    await world.partitions.raise_epoch(1)
    await (await world.sender()).turn()
    assert await world.states() == {EffectState.WITHDRAWN: 2}
    assert {each["reason"] for each in await world.told()} == {"flow_ended"}
    assert sink.counts.total() == 0


async def test_consent_withdrawn_meanwhile_withdraws_the_mail(world: World, sink: SmtpSink) -> None:
    withdrawn = Consent(basis=LegalBasis.CONSENT, withdrawn_at=START)
    contacts = [a_contact("1", consents={E_MARKETING: withdrawn}), a_contact("2")]
    await world.plan([an_effect(1), an_effect(2)], contacts)
    await (await world.sender()).turn()
    assert [got.recipient for got in sink.counts] == ["contact-2@example.org"]
    (told,) = [each for each in await world.told() if each["effect"] == "e1"]
    assert (told["state"], told["reason"]) == ("withdrawn", "no_consent")


async def test_a_blocked_address_gets_nothing(world: World, sink: SmtpSink) -> None:
    await plan(world, 1)
    block = world.addresses.bounced("Contact-1@example.org", permanent=True, reason="550", at=START)
    await world.batches.commit(Commit(writes=[block]))
    await (await world.sender()).turn()
    assert sink.counts.total() == 0
    assert (await world.told())[0]["reason"] == "email_blocked"


async def test_a_content_that_is_gone_withdraws_its_mail_but_not_its_neighbours(
    world: World, sink: SmtpSink
) -> None:
    await world.plan([an_effect(1, content="gone"), an_effect(2)], [a_contact("1"), a_contact("2")])
    await (await world.sender()).turn()
    assert await world.states() == {EffectState.WITHDRAWN: 1, EffectState.DONE: 1}


async def test_a_permanent_refusal_fails_and_tells_that_the_address_bounced(
    world: World, sink: SmtpSink
) -> None:
    sink.at_recipient["contact-1@example.org"] = "550 5.1.1 no such user"
    await plan(world, 2)
    await (await world.sender()).turn()
    assert await world.states() == {EffectState.FAILED: 1, EffectState.DONE: 1}
    (told,) = [each for each in await world.told() if each["effect"] == "e1"]
    assert (told["bounced"], told["permanent"]) == (True, True)
    assert told["reason"] == "550 5.1.1 no such user"
    (effect,) = await world.effects.many(["e1"])
    assert effect.reason == "550 5.1.1 no such user"


async def test_a_refusal_for_now_is_put_off(world: World, sink: SmtpSink) -> None:
    sink.at_recipient["contact-1@example.org"] = "450 4.2.1 later"
    await plan(world, 1)
    sender = await world.sender()
    await sender.turn()
    (effect,) = await world.effects.many(["e1"])
    assert (effect.state, effect.attempts, effect.token) == (EffectState.PLANNED, 1, None)
    assert effect.not_before is not None
    assert not await sender.turn()
    sink.at_recipient.clear()
    await world.database["effects"].update_one(
        {"_id": "e1"}, {"$set": {"not_before": START.replace(year=2000)}}
    )
    await sender.turn()
    assert await world.states() == {EffectState.DONE: 1}


async def test_with_the_mail_server_away_everything_waits_and_then_goes(world: World, sink: SmtpSink) -> None:
    await plan(world, 20)
    await sink.stop()
    sender = await world.sender()
    running = asyncio.create_task(sender.run())
    await asyncio.sleep(0.3)
    assert set(await world.states()) <= {EffectState.PLANNED, EffectState.CLAIMED, EffectState.SENDING}
    await sink.start(sink.port)
    await eventually(lambda: reached(world, EffectState.DONE, 20))
    sender.stop()
    await running
    assert sink.counts.total() == len(sink.counts) == 20
    assert {each.attempts for each in await world.effects.many(f"e{n}" for n in range(1, 21))} == {1}


async def reached(world: World, state: EffectState, count: int) -> bool:
    return (await world.states())[state] == count


async def test_no_answer_means_doubt_which_is_told_and_never_sent_again(world: World, sink: SmtpSink) -> None:
    sink.at_data["contact-1@example.org"] = Fault.BREAK
    sink.at_data["contact-2@example.org"] = Fault.HANG
    await plan(world, 5)
    sender = await world.sender()
    running = asyncio.create_task(sender.run())
    await eventually(lambda: reached(world, EffectState.IN_DOUBT, 2))
    sender.stop()
    await running
    assert await world.states() == {EffectState.IN_DOUBT: 2, EffectState.DONE: 3}
    assert set(sink.counts.values()) == {1}
    doubted = [each["effect"] for each in await world.told() if each["state"] == "in_doubt"]
    assert sorted(map(str, doubted)) == ["e1", "e2"]


async def test_a_sender_whose_partition_was_taken_puts_nothing_on_the_wire(
    world: World, sink: SmtpSink
) -> None:
    await plan(world, 10)
    late = await world.sender("late")
    await world.own("next")
    await asyncio.wait_for(late.run(), 5)
    assert sink.counts.total() == 0
    assert await world.states() == {EffectState.PLANNED: 10}


async def test_stopping_returns_what_is_not_on_the_wire(world: World, sink: SmtpSink) -> None:
    await plan(world, 100)
    sender = await world.sender()
    running = asyncio.create_task(sender.run())
    await eventually(lambda: some_mail(sink))
    sender.stop()
    await running
    states = await world.states()
    assert set(states) <= {EffectState.DONE, EffectState.PLANNED}
    assert states[EffectState.DONE] == sink.counts.total()


async def some_mail(sink: SmtpSink) -> bool:
    return sink.counts.total() > 0


async def test_a_bell_wakes_the_sender(world: World, sink: SmtpSink) -> None:
    bell = asyncio.Event()
    sender = await world.sender(bell=bell)
    running = asyncio.create_task(sender.run())
    await plan(world, 1)
    bell.set()
    await eventually(lambda: reached(world, EffectState.DONE, 1))
    sender.stop()
    await running


async def test_a_lease_must_outlast_two_sends(world: World) -> None:
    with pytest.raises(ValueError, match="over twice"):
        World(world.database, world.smtp_port, send_timeout=10, lease=20)


async def test_a_killed_sender_leaves_doubt_for_what_was_on_the_wire_and_nothing_else(
    world: World, sink: SmtpSink, mongo_url: str, database: Database
) -> None:
    silent = {f"contact-{n}@example.org" for n in range(1, 41) if n % 5 == 0}
    sink.at_data.update(dict.fromkeys(silent, Fault.HANG))
    await plan(world, 40)
    doomed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.sending", "--url", mongo_url, "--database", database.name,
        "--smtp-port", str(sink.port), "--connections", "3",
    )  # fmt: skip
    try:
        await eventually(lambda: is_silent(sink, silent), seconds=40)
    finally:
        doomed.kill()
        await doomed.wait()
    sink.at_data.clear()
    left = await world.states()
    on_the_wire = left[EffectState.SENDING]
    assert 1 <= on_the_wire <= 3
    # The dead process's leases run out; the next owner finds what it left.
    await world.database["effects"].update_many(
        {"lease": {"$exists": True}}, {"$set": {"lease": START.replace(year=2000)}}
    )
    sender = await world.sender("next")
    running = asyncio.create_task(sender.run())
    await eventually(lambda: reached(world, EffectState.DONE, 40 - on_the_wire))
    sender.stop()
    await running
    states = await world.states()
    assert states == {EffectState.DONE: 40 - on_the_wire, EffectState.IN_DOUBT: on_the_wire}
    assert set(sink.counts.values()) == {1}
    done = await world.database["effects"].distinct("_id", {"state": "done"})
    seen = {got.message_id for got in sink.counts}
    assert {f"<effect.{each}@example.org>" for each in done} <= seen


async def is_silent(sink: SmtpSink, silent: set[str]) -> bool:
    """Whether a mail that is never answered has arrived."""
    return any(got.recipient in silent for got in sink.counts)
