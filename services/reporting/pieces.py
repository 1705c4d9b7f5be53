"""Do a flow's counts equal its facts? Piece by piece: some days after the others; then, by partition, messages and
buyers; at last what hours and days come to in all and in months, and the rows of its steps."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.report_counts import TIMED, Difference, MongoReportCounts, Piece, Placed
from common.domain.rollups import Number
from common.messages.happened import EARNED
from common.ports import Batches, Commit, Committed
from services.reporting.recount import ONCE, Recount, Rows, compared, longer_than, midnight_before, only
from services.reporting.versions import Versions

FACTS_AT_ONCE = 50_000
DAYS_AT_ONCE = 400
DAY = timedelta(days=1)
TRIES = 5
LOOKS = 2
"""What differs is looked at once more before it is told."""
REPAIRS_AT_ONCE = 500
"""Counters put right in one transaction."""


@dataclass(frozen=True, slots=True)
class CountsChecked:
    """One look at a flow's counts: how many rows were compared, and what was found otherwise than the facts say.
    `piece`: the days, or the partition; of neither, what all comes to."""

    flow: str
    rows: int
    differences: Sequence[Difference]
    piece: Piece | int | None = None

    @property
    def good(self) -> bool:
        return not self.differences


Look = Callable[[AsyncClientSession], Awaitable[CountsChecked]]


class FlowCounts:
    """`repair`: put right what is found, by what it is off. `versions`: those that facts were found to name."""

    def __init__(
        self,
        flow: str,
        counts: MongoReportCounts,
        versions: Versions,
        batches: Batches,
        partitions: int,
        *,
        repair: bool,
    ) -> None:
        self._flow = flow
        self._counts = counts
        self._zones = versions
        self._batches = batches
        self._partitions = partitions
        self._repair = repair
        self._off: dict[Placed, Counter[str]] = defaultdict(Counter)
        self.versions: set[int] = set()

    async def run(self) -> AsyncIterator[CountsChecked]:
        await self._counts.begin(self._flow)
        async for piece in self._pieces():
            yield await self._looked(self._of(piece))
        for partition in range(self._partitions):
            yield await self._looked(self._once(partition))
        yield await self._looked(self._in_all)

    async def _pieces(self) -> AsyncIterator[Piece]:
        """As many days as have so many facts; a day that has more is taken partition by partition."""
        async with self._counts.moment() as session:
            span = await self._counts.span(self._flow, session)
            horizon = await self._counts.horizon(session)
        if span is None:
            return
        first, last = (midnight_before(at) for at in span)
        since = max(first - DAY, midnight_before(horizon)) if horizon else first - DAY
        days = 1
        while since <= last + DAY:
            days = await self._few(since, days)
            piece = Piece(since, since + days * DAY)
            if days == 1 and await self._many(piece):
                for partition in range(self._partitions):
                    yield Piece(piece.since, piece.until, partition)
            else:
                yield piece
            since, days = piece.until, min(2 * days, DAYS_AT_ONCE)

    async def _few(self, since: datetime, days: int) -> int:
        while days > 1 and await self._many(Piece(since, since + days * DAY)):
            days //= 2
        return days

    async def _many(self, piece: Piece) -> bool:
        async with self._counts.moment() as session:
            return await self._counts.many(self._flow, piece, FACTS_AT_ONCE, session)

    async def _looked(self, look: Look) -> CountsChecked:
        for _ in range(TRIES if self._repair else LOOKS):
            async with self._counts.moment() as session:
                number = await self._counts.repairs(self._flow, session)
                checked = await look(session)
            if checked.good or (self._repair and await self._repaired(number, checked.differences)):
                return checked
        self._remember(checked.differences)
        return checked

    async def _repaired(self, number: int, differences: Sequence[Difference]) -> bool:
        """Whether all was put right, and by nobody else."""
        for start in range(0, len(differences), REPAIRS_AT_ONCE):
            some = differences[start : start + REPAIRS_AT_ONCE]
            writes = self._counts.repaired(self._flow, number, some)
            if (await self._batches.commit(Commit(writes=writes))).outcome is not Committed.DONE:
                return False
            number += 1
        return True

    def _remember(self, differences: Sequence[Difference]) -> None:
        """What hours and days are off stays so when they are summed up."""
        for each in differences:
            longer = longer_than(each.grain, each.start)
            if longer is not None:
                off: Number = each.expected - each.found
                self._off[each.row, *longer, each.partition][each.counter] += off  # type: ignore[assignment]

    def _of(self, piece: Piece) -> Look:
        """All that counts as often as it is told."""

        async def look(session: AsyncClientSession) -> CountsChecked:
            horizon = await self._counts.horizon(session)
            recount = Recount()
            async for row in self._counts.facts(self._flow, piece, session):
                self.versions.add(row.fact.version)
                recount.fact(row)
            kept = {place: tally async for place, tally in self._counts.of_piece(self._flow, piece, session)}
            expected = only(recount.rows(), lambda place: piece.holds(place[1], place[2]), once=False)
            return self._compared(expected, only(kept, lambda _: True, once=False), horizon, piece=piece)

        return look

    def _once(self, partition: int) -> Look:
        """Messages and buyers, who count once, whenever that was."""

        async def look(session: AsyncClientSession) -> CountsChecked:
            horizon = await self._counts.horizon(session)
            recount = Recount(horizon)
            async for message in self._counts.messages_of(self._flow, partition, session):
                self.versions.add(message.about.version)
                key = (message.about.flow, message.about.version)
                recount.message(message, partition, (await self._zones.zones([key]))[key])
            async for row in self._counts.earnings_of(self._flow, partition, EARNED, session):
                recount.earning(row)
            rows = self._counts.of_kinds(self._flow, partition, ONCE, session)
            kept = only({place: tally async for place, tally in rows}, timed, once=True)
            expected, perhaps = (
                only(recount.rows(), timed, once=True),
                only(recount.perhaps(), timed, once=True),
            )
            return self._compared(expected, kept, horizon, perhaps, partition)

        return look

    async def _in_all(self, session: AsyncClientSession) -> CountsChecked:
        """What hours come to in all, and days in months; of those that are off, what they should."""
        sums = {place: tally async for place, tally in self._counts.summed(self._flow, session)}
        kept = {place: tally async for place, tally in self._counts.of_longer(self._flow, session)}
        return self._compared(summed(sums, self._off), kept)

    def _compared(
        self,
        expected: Rows,
        found: Rows,
        horizon: datetime | None = None,
        perhaps: Rows | None = None,
        piece: Piece | int | None = None,
    ) -> CountsChecked:
        differences = list(compared(expected, found, horizon, perhaps or {}))
        return CountsChecked(self._flow, len(expected.keys() | found.keys()), differences, piece)


def timed(place: Placed) -> bool:
    return place[1] in TIMED


def summed(rows: Rows, more: Rows) -> Rows:
    found: dict[Placed, dict[str, Number]] = {place: dict(tally) for place, tally in rows.items()}
    for place, tally in more.items():
        into = found.setdefault(place, {})
        for counter, by in tally.items():
            into[counter] = into.get(counter, 0) + by
    return found
