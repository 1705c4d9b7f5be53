"""The counts that facts come to, and where others are found."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from common.adapters.mongo.report_counts import Difference, Placed
from common.adapters.mongo.report_rollups import ALWAYS, gathered
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import (
    BOUNCED,
    BUYERS,
    CLICKED,
    COMPLAINED,
    DELIVERED,
    OPENED,
    SETTLED,
    ContentRow,
    Grain,
    Moment,
    Number,
    RevenueRow,
    Row,
    Tally,
    moment,
)
from common.messages.happened import RevenueFollowed
from common.ports import FactRow
from services.reporting.counting import changes, revenue_row
from services.reporting.tallying import row_of

Rows = Mapping[Placed, Tally]
NONE: Rows = MappingProxyType({})
Counting = dict[int, dict[tuple[Row, Moment], Counter[str]]]
"""By partition."""

ONCE: Mapping[type[Row], frozenset[str]] = {
    ContentRow: frozenset(
        {*(state.value for state in SETTLED), OPENED, CLICKED, DELIVERED, BOUNCED, COMPLAINED}
    ),
    RevenueRow: frozenset({BUYERS}),
}
"""Counters of what counts once: messages and buyers, whatever number of facts is about them."""


def counted_once(row: Row, counter: str) -> bool:
    return counter in ONCE.get(type(row), ())


class Recount:
    """Grows with the rows of counts, not with the facts. Up to the horizon facts may be gone."""

    def __init__(self, horizon: datetime | None = None) -> None:
        self._horizon = horizon
        self._counts: Counting = defaultdict(lambda: defaultdict(Counter))
        self._perhaps: Counting = defaultdict(lambda: defaultdict(Counter))
        self._buyer = ""

    def fact(self, row: FactRow) -> None:
        for about, counter, by in changes(row.fact, row.at):
            self._add(row.partition, about, row.moment, counter, by)

    def message(self, message: ReportedMessage, partition: int, zone: ZoneInfo) -> None:
        for counter, at in message.counted().items():
            self._add(partition, row_of(message), moment(at, zone), counter, 1)

    def earning(self, row: FactRow) -> None:
        """The earliest of each passage comes first, and makes a buyer: only perhaps, where an earlier one may be
        gone."""
        assert isinstance(row.fact, RevenueFollowed)
        if row.fact.participant != self._buyer:
            self._buyer = row.fact.participant
            old = self._horizon is not None and row.fact.enrolled_at <= self._horizon
            into = self._perhaps if old else self._counts
            into[row.partition][revenue_row(row.fact, row.at), row.moment][BUYERS] += 1

    def rows(self) -> Rows:
        """Of all grains."""
        return placed(self._counts)

    def perhaps(self) -> Rows:
        """How many more there may be."""
        return placed(self._perhaps)

    def _add(self, partition: int, row: Row, at: Moment, counter: str, by: Number) -> None:
        self._counts[partition][row, at][counter] += by  # type: ignore[assignment]


def placed(counting: Counting) -> Rows:
    return {
        (row, grain, start, partition): tally
        for partition, counts in counting.items()
        for places in gathered(counts).values()
        for (row, grain, start), tally in places.items()
    }


def only(rows: Rows, wanted: Callable[[Placed], bool], *, once: bool) -> Rows:
    """The wanted rows with those of their counters that count what counts once, or the others."""
    found = {
        place: {name: number for name, number in tally.items() if counted_once(place[0], name) is once}
        for place, tally in rows.items()
        if wanted(place)
    }
    return {place: tally for place, tally in found.items() if tally}


def compared(
    expected: Rows, found: Rows, horizon: datetime | None = None, perhaps: Rows = NONE
) -> Iterator[Difference]:
    """Each counter that is found otherwise. Up to the horizon facts may be gone: there what is found stands.
    `perhaps`: so many more may be found."""
    if horizon is not None:
        expected = with_perhaps(expected, found, perhaps)
    for place in sorted(expected.keys() | found.keys(), key=str):
        if horizon is not None and is_old(place, horizon):
            continue
        wanted, there = expected.get(place, {}), found.get(place, {})
        for counter in sorted(wanted.keys() | there.keys()):
            if wanted.get(counter, 0) != there.get(counter, 0):
                yield Difference(*place, counter, wanted.get(counter, 0), there.get(counter, 0))


def with_perhaps(expected: Rows, found: Rows, perhaps: Rows) -> Rows:
    """As many of those that there may be as are found."""
    changed = dict(expected)
    for place, more in perhaps.items():
        sure, there = expected.get(place, {}), found.get(place, {})
        allowed = {
            counter: sure.get(counter, 0) + min(max(there.get(counter, 0) - sure.get(counter, 0), 0), by)
            for counter, by in more.items()
        }
        changed[place] = {**sure, **allowed}
    return changed


def longer_than(grain: Grain, start: datetime) -> tuple[Grain, datetime] | None:
    """The time whose counts are the sums of such rows."""
    match grain:
        case Grain.HOUR:
            return Grain.ALL, ALWAYS
        case Grain.DAY:
            return Grain.MONTH, start.replace(day=1)
        case Grain.MONTH | Grain.ALL:
            return None


def is_old(place: Placed, horizon: datetime) -> bool:
    """Whether some of what is counted there may be gone; a day of any timezone is over two days after it begins in
    UTC."""
    _, grain, start, _ = place
    match grain:
        case Grain.ALL | Grain.MONTH:
            return False
        case Grain.DAY:
            return start <= midnight_before(horizon) + timedelta(days=1)
        case Grain.HOUR:
            return start <= horizon


def midnight_before(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(), UTC)
