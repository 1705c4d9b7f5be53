"""The ledger by itself, on a real MongoDB."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from pymongo.read_concern import ReadConcern

from common.adapters.mongo.effects import EFFECTS
from common.domain.effect import EffectState
from common.messages.topology import Service
from common.ports import Commit, Committed, Guard
from tests.support.flows import START
from tests.support.sending import PARTITION, World, an_effect, plan

pytestmark = pytest.mark.mongo

LEASE = timedelta(seconds=30)


async def test_a_claim_takes_each_planned_effect_once(world: World) -> None:
    await plan(world, 30)
    claims = await asyncio.gather(
        *(world.effects.claim(PARTITION, 20, token=f"t{n}", lease=LEASE, without_flows=[]) for n in range(4))
    )
    taken = Counter(effect.id for claim in claims for effect in claim)
    assert max(taken.values()) == 1
    effects = world.database.get_collection(EFFECTS, read_concern=ReadConcern("local"))
    assert await effects.count_documents({"state": EffectState.CLAIMED}) == len(taken) == 20


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


async def test_an_abandoned_sending_that_may_be_repeated_is_planned_again(world: World) -> None:
    await world.plan([an_effect(1, repeatable=True)], [])
    await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    mark = world.effects.mark_sending(["e1"], "t", timedelta(milliseconds=1))
    await world.batches.commit(Commit(writes=[mark]))
    await asyncio.sleep(0.05)
    assert await world.effects.expired_sending(PARTITION, 10) == []
    assert await world.effects.release_expired(PARTITION) == 1
    assert await world.states() == {EffectState.PLANNED: 1}


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
    answer = world.effects.settle(["e1"], "t", EffectState.DONE, reason="250", at=START)
    assert (await world.batches.commit(Commit(writes=[answer]))).outcome is Committed.DONE
    assert await world.states() == {EffectState.DONE: 1}


async def test_another_token_settles_nothing(world: World) -> None:
    await plan(world, 1)
    await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    await world.batches.commit(Commit(writes=[world.effects.mark_sending(["e1"], "t", LEASE)]))
    wrong = world.effects.settle(["e1"], "other", EffectState.DONE, reason=None, at=START)
    assert (await world.batches.commit(Commit(writes=[wrong]))).outcome is Committed.OUTRUN


async def test_returning_takes_the_attempt_back(world: World) -> None:
    await plan(world, 1)
    await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    await world.batches.commit(Commit(writes=[world.effects.mark_sending(["e1"], "t", LEASE)]))
    assert (await world.effects.many(["e1"]))[0].attempts == 1
    await world.effects.release(["e1"], "t")
    (effect,) = await world.effects.many(["e1"])
    assert (effect.state, effect.attempts, effect.token, effect.lease) == (EffectState.PLANNED, 0, None, None)


async def test_after_the_epoch_has_risen_nothing_decided_before_goes_out(world: World) -> None:
    await plan(world, 1)
    own = await world.own()
    claimed = await world.effects.claim(PARTITION, 5, token="t", lease=LEASE, without_flows=[])
    await world.partitions.raise_epoch(1)
    mark = world.effects.mark_sending([each.id for each in claimed], "t", LEASE)
    guard = Guard(Service.EFFECTS, PARTITION, own.token, 0)
    result = await world.batches.commit(Commit(guard=guard, writes=[mark]))
    assert result.outcome is Committed.FENCED
    assert await world.states() == {EffectState.CLAIMED: 1}
