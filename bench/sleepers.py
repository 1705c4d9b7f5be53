"""People who wait in a flow, as many as wanted: each like one who came in through the door."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.stage import PARTITIONS, Stage, requests_of
from common.adapters.mongo.client import Document
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.contacts import to_document as to_contact_document
from common.adapters.mongo.participants import PARTICIPANTS
from common.domain.ids import partition_of
from tests.support.flows import a_contact

BEDTIME = timedelta(seconds=10)
"""Within which thousands are put down, so that none is due while others still are."""


class Bed:
    """Where the people of one flow lie, who wait on one step."""

    def __init__(self, stage: Stage, flow: str, step: str) -> None:
        self._stage = stage
        self._flow = flow
        self._step = step

    async def lay(self, name: str, dues: Iterable[datetime], *, known: bool = True) -> None:
        """Somebody for each due time; `known`: with contacts who may be mailed, which who sleeps on does not need."""
        like = await self._one()
        timers = {f"{name}-{number}": due for number, due in enumerate(dues)}
        if known:
            await self._stage.multiply({}, CONTACTS, map(contact, timers))
        await self._stage.multiply(like, PARTICIPANTS, (sleeper(each, due) for each, due in timers.items()))

    async def _one(self) -> Document:
        """Who came in through the door, and waits."""
        if not (found := await self._find()):
            event = {
                "id": f"{self._flow}-first",
                "type": "order.placed",
                "source": "shop",
                "subject": "first",
            }
            await self._stage.post(requests_of([event | {"data": {"amount": 1}}]))
            await self._stage.drained()
            found = await self._find()
        assert found is not None, "nobody came in"
        return found

    async def _find(self) -> Document | None:
        return await self._stage.database[PARTICIPANTS].find_one({"flow": self._flow, "step": self._step})


def sleeper(name: str, due: datetime) -> Document:
    return {
        "_id": name,
        "contact": name,
        "partition": partition_of(name, PARTITIONS),
        "due": due,
        "until": due,
    }


def contact(name: str) -> dict[str, Any]:
    return to_contact_document(a_contact(name), 1, PARTITIONS)


def at_once(number: int) -> tuple[datetime, Iterator[datetime]]:
    """So many due at one moment soon, and the moment."""
    due = datetime.now(UTC) + BEDTIME
    return due, (due for _ in range(number))


def never(number: int) -> Iterator[datetime]:
    """So many who sleep on: each a second after the one before, from a year ahead."""
    start = datetime.now(UTC) + timedelta(days=365)
    return (start + timedelta(seconds=second) for second in range(number))


def one_behind_the_other(number: int, a_second: int) -> Iterator[datetime]:
    """So many due a second, evenly."""
    start = datetime.now(UTC) + BEDTIME
    return (start + timedelta(seconds=place / a_second) for place in range(number))
