"""After the trouble: is everything as the reference says, and did everything arrive once?"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from common.adapters.mongo.archive import to_record
from common.adapters.mongo.decisions import to_decision
from common.adapters.mongo.effects import to_effect
from common.adapters.mongo.participants import to_participant
from common.domain.clock import ClockSetting
from common.domain.effect import Effect, EffectState
from common.domain.flow import Flow
from common.domain.participant import Participant
from tests.support.campaign import SOURCE, person
from tests.support.mongod import Database
from tests.support.recorded import Fired, Illegal, Reference, bare, of_passages, standing
from tests.support.trouble import Trouble, troubled

TOGETHER = 200
ALLOWED_SECONDS = 30.0
"""How late a timer may be beside the time in which something was away: leases run out after 5 s, partitions pause
for 10 s at most, a sweep comes after 5 s, and processes take their time to start again."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What was compared; `latest`: of all timers, in machine seconds beyond the trouble that there was meanwhile."""

    decisions: int
    participants: Counter[str]
    effects: Counter[tuple[str, str]]
    timers: int
    latest: float


async def reckon(
    database: Database,
    flows: Mapping[str, Flow],
    people: int,
    clock: ClockSetting,
    happened: Sequence[Trouble],
) -> Reckoned:
    """Decide everything once more, and compare. Raises `AssertionError` at the first difference."""
    reference = Reference(flows, clock.business)
    decisions, statuses = 0, Counter[str]()
    effects: Counter[tuple[str, str]] = Counter()
    for first in range(0, people, TOGETHER):
        numbers = range(first, min(first + TOGETHER, people))
        stored = await Stored.of(database, [person(number)[0] for number in numbers])
        for number in numbers:
            contact, data = person(number)
            reference.begin(contact, data)
            decisions += await compare(reference, stored, contact)
            statuses.update(f"{p.flow} {p.status}" for p in stored.participants[contact])
            effects.update((each.channel, each.state) for each in stored.effects[contact])
    latest = max((late(each, clock, happened) for each in reference.fired), default=0.0)
    assert latest <= ALLOWED_SECONDS, f"a timer was {latest:.1f} s late beyond all trouble"
    return Reckoned(decisions, statuses, effects, len(reference.fired), latest)


@dataclass(frozen=True, slots=True)
class Stored:
    """What an installation has kept of some contacts, each by contact."""

    decisions: Mapping[str, list[Any]]
    participants: Mapping[str, list[Participant]]
    effects: Mapping[str, list[Effect]]
    events: Mapping[str, list[Any]]
    categories: Mapping[str, str | None]

    @classmethod
    async def of(cls, database: Database, contacts: Collection[str]) -> "Stored":
        store = database.client[database.name]
        theirs = {"contact": {"$in": list(contacts)}}
        people = store.contacts.find({"_id": {"$in": list(contacts)}}, {"category": 1})
        return cls(
            by_contact([to_decision(row) async for row in store.decisions.find(theirs)]),
            by_contact([to_participant(row) async for row in store.participants.find(theirs)]),
            by_contact([to_effect(row) async for row in store.effects.find(theirs)]),
            by_contact([to_record(row) async for row in store.events.find(theirs)]),
            {row["_id"]: row.get("category") async for row in people},
        )


def by_contact(rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.contact].append(row)
    return found


async def compare(reference: Reference, stored: Stored, contact: str) -> int:
    """Everything of one contact; answers the number of decisions."""
    recorded = of_passages(sorted(stored.decisions[contact], key=lambda row: str(row.id)))
    archive = {each.id: each for each in stored.events[contact]}
    await reference.decide(recorded, archive)
    undecided = {each.id for each in archive.values() if each.source == SOURCE}
    undecided -= {row.record for row in recorded}
    assert not undecided, f"accepted, and never decided on: {undecided}"
    same([bare(row) for row in recorded], [bare(row) for row in reference.decisions.rows])
    passages = {each.id: standing(each) for each in stored.participants[contact]}
    same(passages, {each.id: standing(each) for each in reference.participants.rows.values()})
    same(
        {each.id: planned(each) for each in stored.effects[contact]},
        {each.id: planned(each) for each in reference.effects.rows.values()},
    )
    told = {each.effect: each.status for p in stored.participants[contact] if (each := p.last_message)}
    states = {each.id: each.state for each in stored.effects[contact]}
    same(told, {effect: states[effect] for effect in told})
    raised = {each.id for each in archive.values() if each.source.startswith("headrace/flows/")}
    same(raised, set(reference.raised))
    same(stored.categories[contact], reference.contacts.rows[contact].category)
    return len(recorded)


def planned(effect: Effect) -> tuple[str, ...]:
    return (effect.channel, effect.participant, effect.step, effect.content, effect.planned_at.isoformat())


def same(stored: Any, expected: Any) -> None:
    if stored != expected:
        raise Illegal(f"stored:\n{stored}\nexpected:\n{expected}")


def late(fired: Fired, clock: ClockSetting, happened: Sequence[Trouble]) -> float:
    """Machine seconds between due and fired, without those in which something was away."""
    due, at = (
        clock.machine + timedelta(seconds=clock.machine_seconds(each - clock.business))
        for each in (fired.due, fired.at)
    )
    return (at - due).total_seconds() - troubled(happened, due, at)


def arrived_once(done: Collection[str], in_doubt: Collection[str], arrived: Counter[str]) -> None:
    """Nothing came twice; what is done has come; what has come and is not done is in doubt."""
    assert set(arrived.values()) <= {1}, [each for each, times in arrived.items() if times > 1]
    assert set(done) <= arrived.keys()
    assert arrived.keys() <= set(done) | set(in_doubt)


async def in_state(database: Database, channel: str, state: EffectState) -> set[str]:
    rows = database.client[database.name].effects.find({"channel": channel, "state": state}, {"_id": 1})
    return {row["_id"] async for row in rows}
