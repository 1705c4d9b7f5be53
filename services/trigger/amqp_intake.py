"""Events from the bus: with the same promises as over HTTP, a message is acknowledged when it has been archived.

What can't be archived is kept with its errors, and acknowledged too: it would never get better. While the database
does not answer, messages wait here and behind that in the queue.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, suppress
from typing import Protocol, TypeVar

import structlog

from common.messages.posted import PostedMessage, RefusedMessage
from common.messages.record import Record
from common.messages.ticket import FRAME
from common.ports import Unavailable, Unstorable
from common.runtime.intake import Intake
from common.runtime.metrics import Intake as IntakeOutcome
from common.runtime.metrics import Metrics
from common.runtime.parking import describe
from services.trigger.posted_reading import ReadMessage, read_posted, refused_whole

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0

WAITING = "amqp_intake.waiting"
REFUSED = "amqp_intake.refused"
UNEXPECTED = "amqp_intake.unexpected"

log = structlog.get_logger()
Answer = TypeVar("Answer")


class Batch(Protocol):
    """Messages in the order in which they were published."""

    @property
    def messages(self) -> Sequence[PostedMessage]: ...
    async def settle(self) -> None:
        """They are archived or kept: don't deliver them again."""
        ...


Feed = Callable[[], AsyncGenerator[Batch, None]]
"""Batches without end; those not settled when it is closed are delivered again."""


class Refused(Protocol):
    async def keep(self, refusals: Sequence[RefusedMessage]) -> None: ...


class AmqpIntake:
    """Archives one batch after the other, so that the order of the queue is that of the archive."""

    def __init__(self, feed: Feed, intake: Intake, refused: Refused, metrics: Metrics) -> None:
        self._feed = feed
        self._intake = intake
        self._refused = refused
        self._metrics = metrics

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop. What is under way then is delivered again, and known by its ids."""
        taking = asyncio.create_task(self._take_all())
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait([taking, stop], return_when=asyncio.FIRST_COMPLETED)
        for task in (taking, stop):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await taking

    async def _take_all(self) -> None:
        async with aclosing(self._feed()) as batches:
            async for batch in batches:
                await self.take(batch.messages)
                await batch.settle()

    async def take(self, messages: Sequence[PostedMessage]) -> None:
        """When this returns, every event in these is archived, or kept among the refused."""
        for group in groups(map(read, messages)):
            await self._archive(group)

    async def _archive(self, group: Sequence[ReadMessage]) -> None:
        try:
            await self._submit([record for each in group for record in each.records])
        except Exception as error:  # noqa: BLE001 - one bad message must not keep the others waiting
            if len(group) == 1:
                await self._refuse([refused_because(group[0], error)])
                return
            for each in group:
                await self._archive([each])
        else:
            await self._refuse(group)

    async def _submit(self, records: Sequence[Record]) -> None:
        if records:
            await until_available(lambda: self._intake.submit(records))

    async def _refuse(self, group: Sequence[ReadMessage]) -> None:
        """Keep what is wrong with these, if anything."""
        refusals = [each.refusal for each in group if each.refusal is not None]
        if not refusals:
            return
        await until_available(lambda: self._refused.keep(refusals))
        self._metrics.intake(IntakeOutcome.REFUSED, sum(each.bad for each in group))
        for refusal in refusals:
            first = refusal.errors[0]
            log.warning(REFUSED, id=refusal.message.digest, place=first["pointer"], why=first["detail"])


def read(message: PostedMessage) -> ReadMessage:
    try:
        return read_posted(message)
    except Exception as error:
        log.exception(UNEXPECTED, id=message.digest)
        return refused_whole(message, describe(error))


def refused_because(each: ReadMessage, error: Exception) -> ReadMessage:
    if not isinstance(error, Unstorable):
        log.error(UNEXPECTED, id=each.message.digest, exc_info=error)
    return refused_whole(each.message, f"can't be stored: {describe(error)}")


def groups(read_messages: Iterable[ReadMessage]) -> Iterator[list[ReadMessage]]:
    """Cut, in order, into groups of about a frame's records."""
    group: list[ReadMessage] = []
    size = 0
    for each in read_messages:
        group.append(each)
        size += len(each.records)
        if size >= FRAME:
            yield group
            group, size = [], 0
    if group:
        yield group


async def until_available(act: Callable[[], Awaitable[Answer]]) -> Answer:
    """Do it, as often as it takes while the infrastructure is away."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await act()
        except Unavailable as error:
            log.warning(WAITING, why=str(error), retry_in=pause)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
