"""An echo road under test: records go in here, owners come and go, and what was written tells whether all is well."""

import asyncio
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from typing import Any

from common.adapters.mongo.batch import PARKED
from common.messages.record import Record
from common.messages.topology import ROAD, Service
from common.ports import Unavailable
from common.runtime.intake import Intake
from services.process import Process
from tests.support.echo import ECHO

CONTACTS = 97
NEVER = datetime.fromtimestamp(0, UTC)


class Owner:
    """A process that owns partitions of the echo road."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "tests.support.echo", *arguments])

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, seconds: float = 15) -> int:
        """The exit code, once it has one."""
        return await asyncio.to_thread(self.process.wait, seconds)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class RoadUnderTest:
    """`process` is the one that takes records in; it owns nothing unless told to."""

    def __init__(self, process: Process, arguments: Sequence[str]) -> None:
        self.process = process
        self.intake = Intake(process.archive)
        self.posted: dict[str, list[int]] = defaultdict(list)
        """By contact, the numbers of its records in the order in which they were accepted."""
        self.ids: list[str] = []
        self._numbers = count()
        self._arguments = arguments
        self._owners: list[Owner] = []
        self._echo = process.database[ECHO]

    def start(self, *, copies: int = 1, services: Sequence[Service] = ROAD) -> Owner:
        owner = Owner(*self._arguments, "--copies", str(copies), "--services", ",".join(services))
        self._owners.append(owner)
        return owner

    def end(self) -> None:
        for owner in self._owners:
            owner.end()

    def records(self, size: int, **data: Any) -> list[Record]:
        """New records, about one contact after the other; `data` goes into each."""
        numbers = [next(self._numbers) for _ in range(size)]
        return [record(number, **data) for number in numbers]

    async def post(self, records: Sequence[Record]) -> None:
        """One request, which is sent until it is accepted."""
        while True:
            try:
                await self.intake.submit(records)
            except Unavailable:
                await asyncio.sleep(0.1)
            else:
                break
        for each in records:
            assert each.contact is not None
            self.posted[each.contact].append(each.data["n"])
            self.ids.append(each.id)

    async def post_all(self, size: int, request: int = 250, pause: float = 0.0) -> None:
        """So many records, one request after the other."""
        for _ in range(size // request):
            await self.post(self.records(request))
            await asyncio.sleep(pause)

    async def written(self, service: Service = Service.REPORTING) -> int:
        return await self._echo.count_documents({"service": service})

    async def arrived(self, service: Service = Service.REPORTING, *, seconds: float = 30) -> float:
        """Until all that was posted has been written by this service; answers the seconds that it took."""
        began = monotonic()
        got = -1
        while monotonic() < began + seconds:
            with suppress(Unavailable):
                got = await self.written(service)
                if got == len(self.ids):
                    return monotonic() - began
            await asyncio.sleep(0.05)
        raise AssertionError(
            f"{got} of {len(self.ids)} arrived; waiting: {await self.process.work.waiting()}"
        )

    async def orders(self, service: Service) -> Mapping[str, list[int]]:
        """By contact, the numbers of its records in the order in which this service wrote them."""
        found: dict[str, list[int]] = defaultdict(list)
        async for row in self._echo.find({"service": service}).sort("order"):
            found[row["contact"]].append(row["n"])
        return found

    async def check(self, *, as_posted: bool = True) -> None:
        """Each record once at every stage, and each contact's in one order. What left no gap is all done."""
        recorded = await self.orders(Service.TRIGGER)
        assert {name: sorted(numbers) for name, numbers in recorded.items()} == self.posted
        if as_posted:
            assert recorded == self.posted
        for service in ROAD[1:]:
            assert await self.orders(service) == recorded, service
        assert not await self.process.work.waiting()
        assert await self.process.database[PARKED].find_one() is None


def record(number: int, **data: Any) -> Record:
    contact = f"contact-{number % CONTACTS}"
    return Record(
        id=f"{number:08d}", type="echo", source="tests", contact=contact, time=NEVER,
        data={"n": number} | data, size=100,
    )  # fmt: skip


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait for something that takes a while, the database's absence included."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(Unavailable):
                if await done():
                    return
            await asyncio.sleep(0.05)
