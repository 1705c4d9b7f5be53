"""What the intake from the bus does when archiving goes wrong."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

import pytest

from common.messages.posted import PostedMessage, RefusedMessage
from common.messages.record import Record
from common.ports import Unavailable, Unstorable, Write
from common.runtime.intake import Intake
from common.runtime.metrics import Metrics
from services.trigger import amqp_intake
from services.trigger.amqp_intake import AmqpIntake, groups
from services.trigger.posted_reading import read_posted


class Archive:
    """Keeps what it can; raises `trouble` first, one for each call."""

    def __init__(self, *trouble: Exception, hates: str = "") -> None:
        self.trouble = list(trouble)
        self.hates = hates
        self.kept: list[Record] = []

    async def accept(self, records: Sequence[Record]) -> Sequence[bool]:
        if self.trouble:
            raise self.trouble.pop(0)
        for record in records:
            if record.contact == self.hates:
                raise Unstorable("no")
        self.kept += records
        return [True] * len(records)

    def raised(self, records: Iterable[Record]) -> Sequence[Write]:
        raise NotImplementedError

    async def many(self, ids: Iterable[str]) -> dict[str, Record]:
        raise NotImplementedError


class Refused:
    def __init__(self, *trouble: Exception) -> None:
        self.trouble = list(trouble)
        self.kept: list[RefusedMessage] = []

    async def keep(self, refusals: Sequence[RefusedMessage]) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.kept += refusals


async def nothing() -> AsyncGenerator[amqp_intake.Batch, None]:
    await asyncio.Event().wait()
    yield  # type: ignore[misc]


def message(contact: str, **event: object) -> PostedMessage:
    return PostedMessage(json.dumps({"id": contact, "type": "a.b", "contact": contact} | event).encode())


async def take(archive: Archive, refused: Refused, *messages: PostedMessage) -> Mapping[str, list[str]]:
    await AmqpIntake(nothing, Intake(archive), refused, Metrics()).take(messages)
    return {
        "archived": [record.contact or "" for record in archive.kept],
        "refused": [contact for refusal in refused.kept for contact in refusal.contacts],
    }


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amqp_intake, "FIRST_PAUSE", 0.0)


async def test_messages_are_archived_in_their_order() -> None:
    names = [f"c{number}" for number in range(20)]

    assert (await take(Archive(), Refused(), *map(message, names)))["archived"] == names


async def test_while_the_archive_is_away_messages_wait() -> None:
    away = [Unavailable("MongoDB")] * 3

    found = await take(Archive(*away), Refused(), message("ann"), message("bob"))

    assert found == {"archived": ["ann", "bob"], "refused": []}


async def test_while_nothing_can_be_kept_refusals_wait() -> None:
    away = [Unavailable("MongoDB")] * 3

    found = await take(Archive(), Refused(*away), message("ann", type="bad type"))

    assert found == {"archived": [], "refused": ["ann"]}


async def test_one_that_can_not_be_stored_does_not_keep_the_others() -> None:
    found = await take(Archive(hates="bob"), Refused(), *map(message, ["ann", "bob", "cy"]))

    assert found == {"archived": ["ann", "cy"], "refused": ["bob"]}


async def test_a_fault_of_ours_ends_among_the_refused_and_not_in_a_loop() -> None:
    """Once for the group, once for the message by itself."""
    faults = [ZeroDivisionError("a bug"), ZeroDivisionError("a bug")]
    refused = Refused()

    found = await take(Archive(*faults), refused, message("ann"), message("bob"))

    assert found == {"archived": ["bob"], "refused": ["ann"]}
    assert "ZeroDivisionError" in refused.kept[0].errors[0]["detail"]


async def test_it_ends_when_told() -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(AmqpIntake(nothing, Intake(Archive()), Refused(), Metrics()).run(stopping))
    await asyncio.sleep(0)
    stopping.set()

    await asyncio.wait_for(running, 1)


async def test_a_feed_that_breaks_ends_the_process_and_is_not_swallowed() -> None:
    async def broken() -> AsyncGenerator[amqp_intake.Batch, None]:
        raise ValueError("a bug in the feed")
        yield

    with pytest.raises(ValueError, match="a bug"):
        await AmqpIntake(broken, Intake(Archive()), Refused(), Metrics()).run(asyncio.Event())


def test_groups_are_cut_by_records_in_order() -> None:
    large = PostedMessage(json.dumps([{"id": str(n), "type": "a.b"} for n in range(400)]).encode())
    read = [read_posted(large) for _ in range(5)]

    assert [len(group) for group in groups(read)] == [2, 2, 1]
