"""The sender of one partition, on a real MongoDB and a real SMTP server."""

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from common.adapters.mail.letters import LetterChannel
from common.adapters.mail.senders import Senders
from common.adapters.mongo.sender_domains import MongoSenderDomains
from common.adapters.sms.channel import SmsChannel
from common.adapters.sms.http_provider import HttpSmsProvider
from common.domain.contact import E_MARKETING, Consent, LegalBasis
from common.domain.effect import EffectState
from common.domain.letter import letter
from common.domain.permission import Permission
from common.domain.reasons import FlowState
from common.ports import Channel, Commit, Unavailable
from common.runtime.effect_wire import Wire
from common.runtime.effects import WIDTH
from tests.support.flows import START, a_contact, a_flow
from tests.support.http_sink import HttpSink
from tests.support.mongod import Database
from tests.support.ports import free_port
from tests.support.sending import PARTITION, World, an_effect, eventually, participant_of, plan, reached
from tests.support.smtp_sink import Fault, SmtpSink
from tests.support.users import beside

pytestmark = pytest.mark.mongo


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


async def test_a_second_lot_goes_out_while_the_first_waits_for_an_answer(
    world: World, sink: SmtpSink
) -> None:
    sink.at_data["contact-1@example.org"] = Fault.HANG
    world = World(world.database, sink.port, connections=2 * WIDTH, send_timeout=8, lease=20)
    await plan(world, 2 * WIDTH)
    turn = asyncio.create_task((await world.sender()).turn())
    await eventually(lambda: reached(world, EffectState.DONE, 2 * WIDTH - 1), 6)
    assert not turn.done()
    await turn
    await world.close()


async def test_a_lot_that_fails_takes_no_other_with_it(
    world: World, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(world.database, sink.port, connections=2 * WIDTH, send_timeout=5, lease=20)
    await plan(world, 2 * WIDTH)
    send, lots = Wire.send, count()

    async def first_fails(wire: Wire, *given: Any) -> bool:
        if next(lots) == 0:
            raise Unavailable("the archive")
        return await send(wire, *given)

    monkeypatch.setattr(Wire, "send", first_fails)
    with pytest.raises(Unavailable):
        await (await world.sender()).turn()
    assert await world.states() == {EffectState.DONE: WIDTH, EffectState.PLANNED: WIDTH}
    await world.close()


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


async def test_an_ended_flow_s_mail_is_withdrawn_and_told(world: World, sink: SmtpSink) -> None:
    await plan(world, 2)
    world.flows.open, world.flows.epoch_now = (), 1
    await world.partitions.raise_epoch(1)
    await (await world.sender()).turn()
    assert await world.states() == {EffectState.WITHDRAWN: 2}
    assert {each["reason"] for each in await world.told()} == {"flow_ended"}
    assert sink.counts.total() == 0


async def test_mail_to_whoever_was_removed_by_hand_is_withdrawn_and_told(
    world: World, sink: SmtpSink
) -> None:
    await plan(world, 2)
    gone = world.participants.erase(participant_of(an_effect(1)))
    await world.batches.commit(Commit(writes=[gone]))
    await (await world.sender()).turn()
    assert [got.recipient for got in sink.counts] == ["contact-2@example.org"]
    (told,) = [each for each in await world.told() if each["effect"] == "e1"]
    assert (told["state"], told["reason"]) == ("withdrawn", "passage_removed")


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


async def test_a_slow_channel_s_sendings_have_a_longer_lease_than_claims(world: World) -> None:
    slow = World(world.database, world.smtp_port, send_timeout=10, lease=1)
    slow.mailer = world.mailer
    (channel,) = slow.dispatch.channels.values()
    (mine,) = world.dispatch.channels.values()
    assert (slow.dispatch.sending_lease(channel), world.dispatch.sending_lease(mine)) == (30, 1.0)

    sender = await slow.sender()
    await plan(slow, 1)
    await sender.turn()

    assert (await slow.states())[EffectState.DONE] == 1


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
    # Else a transaction that it was in holds what it touched until the server gives it up.
    await world.database.client.admin.command("killAllSessions", [])
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


async def test_a_channel_that_can_t_be_reached_holds_up_no_other(world: World, sink: SmtpSink) -> None:
    phone = HttpSink()
    port = free_port()
    provider = HttpSmsProvider(f"http://127.0.0.1:{port}/sms", None, connections=2, timeout=0.4)
    channels: dict[str, Channel] = {
        "sms": SmsChannel(beside(), provider, region=None, connections=2, timeout=0.4)
    }
    world.dispatch = replace(world.dispatch, channels=channels | dict(world.dispatch.channels))
    texts = [
        an_effect(n, channel="sms", permission=Permission.SMS, settings={"text": "Hi"}) for n in range(1, 4)
    ]
    mails = [an_effect(n) for n in range(4, 7)]
    await world.plan([*texts, *mails], [a_contact(str(n), mobile="+4915112345678") for n in range(1, 7)])
    sender = await world.sender()
    running = asyncio.create_task(sender.run())

    await eventually(lambda: reached(world, EffectState.DONE, 3))
    assert sink.counts.total() == 3
    await phone.start(port)
    await eventually(lambda: reached(world, EffectState.DONE, 6))

    sender.stop()
    await running
    assert sorted(each.document["id"] for each in phone.asked) == ["e1", "e2", "e3"]
    told = [each for each in await world.told() if each["channel"] == "sms"]
    assert [each.get("address") for each in told] == [None] * 3, (
        "bounces are counted against mail addresses only"
    )
    await provider.close()
    await phone.stop()


async def test_a_letter_that_bounces_counts_against_the_address_that_it_went_to(
    world: World, sink: SmtpSink
) -> None:
    sink.at_recipient["guest@example.org"] = "550 5.1.1 No such user"
    senders = Senders(MongoSenderDomains(world.database))
    letters: dict[str, Channel] = {"letter": LetterChannel(senders, world.mailer, connections=2, timeout=0.4)}
    world.dispatch = replace(world.dispatch, channels=letters)
    told = {
        "to": "guest@example.org",
        "from_address": "shop@example.org",
        "subject": "Hi",
        "text": "Hi",
        "values": "{}",
    }
    await world.plan([letter("guest", PARTITION, "submission", "confirm", told, START)], [])
    sender = await world.sender()
    await sender.turn()
    (outcome,) = await world.told()
    assert (outcome["state"], outcome["address"], outcome["permanent"]) == (
        "failed",
        "guest@example.org",
        True,
    )
