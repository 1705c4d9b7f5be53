"""The trigger with a matcher decides what it decides without one."""

from collections.abc import Collection, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from common.adapters.memory.stores import MemoryBulks, MemoryContacts, MemoryVersions
from common.domain.contact import Contact
from common.domain.facts import Facts
from common.domain.flow_book import ANY, Candidates, FlowBook
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Guard, Happening
from common.runtime.decision import decide_all
from common.runtime.handler import Batch, Outcome
from services.success.worker import SuccessHandler
from services.trigger.worker import TriggerHandler
from tests.support.flows import START, a_flow, line


class Precise:
    """A matcher that leaves out all whose conditions don't hold, and notes what it was asked."""

    def __init__(self, *, worthwhile: bool = True) -> None:
        self.worthwhile = worthwhile
        self.asked: list[Happening] = []

    def wants(self, book: FlowBook) -> bool:
        return self.worthwhile

    async def candidates(self, book: FlowBook, events: Sequence[Happening]) -> Sequence[Candidates]:
        self.asked += events
        return [self._candidates(book, event.type, event.facts) for event in events]

    def _candidates(self, book: FlowBook, event_type: str, facts: Facts) -> Candidates:
        here: Collection[Any] = book.groups_of(event_type, facts)
        return {
            group: {listener.key for listener in listeners if listener.holds(facts, START)}
            for group, listeners in book.groups()
            if group in here
        }

    async def close(self) -> None: ...


class Silent(Precise):
    async def candidates(self, book: FlowBook, events: Sequence[Happening]) -> Sequence[Candidates]:
        return [ANY] * len(events)


def for_country(country: str) -> Any:
    conditions = [line("contact.country", "is", country)]
    moved = {"kind": "contact_updated", "conditions": conditions}
    return a_flow().triggered_by(moved).succeeding_by(moved).open(flow_id=country.lower())


BOOK = FlowBook(1, [for_country(country) for country in ("DE", "SE", "US")])
VERSIONS: Any = MemoryVersions({(flow.id, flow.version.version, flow.run): flow for flow in BOOK})


def moved(number: int, contact: str, country: Any) -> Record:
    return Record(
        id=f"record-{number}",
        type="contact.updated",
        source="test",
        contact=contact,
        time=START,
        data={"country": country},
    )


async def decided(records: Sequence[Record], matcher: Any = None) -> tuple[Outcome, list[str], Any]:
    """What comes of a batch, whose records were parked, and the contacts after it."""
    contacts: Any = MemoryContacts({"1": Contact(id="1", country="DE", revision=1)})
    batch = Batch(partition=0, now=START, book=BOOK, records=records)
    world = await TriggerHandler(contacts, MemoryBulks(), matcher).load(batch)
    parked = await decide_all(world, batch, Guard(Service.TRIGGER, 0, 1, 1))
    return world.outcome(), [row.record.id for row in parked], contacts.rows


async def judged(outcome: Outcome) -> dict[str, Any]:
    """By record, what the trigger and then success found, of those records for which there is anything."""
    batch = Batch(partition=0, now=START, book=BOOK, records=outcome.onward)
    world = await SuccessHandler(VERSIONS).load(batch)
    assert not await decide_all(world, batch, Guard(Service.SUCCESS, 0, 1, 1))
    return {
        record.id: (record.suggestions, record.heard, record.findings)
        for record in world.outcome().onward
        if record.suggestions or record.heard or record.findings.criteria
    }


BAD = {"not": "a country"}
batches = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), st.sampled_from(["DE", "SE", "US", "FR", BAD])), max_size=6
).map(lambda rows: [moved(number, *row) for number, row in enumerate(rows)])


@settings(max_examples=100, deadline=None)
@given(batches)
async def test_a_matcher_changes_nothing_that_is_decided(records: list[Record]) -> None:
    outcome, *plain = await decided(records)
    expected = await judged(outcome)
    for matcher in (Precise(), Silent(), Precise(worthwhile=False)):
        narrowed, *rest = await decided(records, matcher)
        assert rest == plain
        assert narrowed.writes == outcome.writes
        assert await judged(narrowed) == expected


async def test_flows_whose_criteria_an_event_can_t_meet_are_not_concerned() -> None:
    records = [moved(1, "1", "SE"), moved(2, "1", "FR")]
    plain, *_ = await decided(records)
    assert [[each.flow for each in record.concerns] for record in plain.onward] == [["de", "se", "us"]] * 2
    narrowed, *_ = await decided(records, Precise())
    assert [[each.flow for each in record.concerns] for record in narrowed.onward] == [["se"]]


async def test_a_matcher_is_asked_of_the_contact_as_earlier_records_of_the_batch_left_it() -> None:
    matcher = Precise()
    outcome, parked, _ = await decided(
        [moved(1, "1", "SE"), moved(2, "1", BAD), moved(3, "1", "US")], matcher
    )
    assert [event.facts["contact.country"] for event in matcher.asked] == ["SE", "US"]
    assert [[each.flow for each in record.suggestions] for record in outcome.onward] == [["se"], ["us"]]
    assert parked == ["record-2"]


async def test_what_was_foreseen_of_another_contact_than_there_is_now_is_not_believed() -> None:
    """A record that was applied ahead may be parked in its turn; the next ones then meet another contact."""
    contacts: Any = MemoryContacts()
    batch = Batch(partition=0, now=START, book=BOOK, records=[moved(1, "1", "SE"), moved(2, "1", "SE")])
    world = await TriggerHandler(contacts, MemoryBulks(), Precise()).load(batch)
    world.decide(batch.records[1])
    (onward,) = world.outcome().onward
    assert onward.before == {"country": None}
    assert [each.flow for each in onward.suggestions] == ["se"]
