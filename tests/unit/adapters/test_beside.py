"""What is looked up for a message's merge tags, and what is not."""

from datetime import timedelta

import pytest

from common.adapters.beside import Beside
from common.domain.effect import Effect
from common.messages.record import Record
from tests.support.flows import START, a_contact
from tests.support.users import FixedEvents, beside, colleagues

CONTACT = a_contact("7")
EFFECT = Effect(
    id="e", partition=0, channel="sms", flow="f", run=1, version=1, participant="p", contact="7", step="s",
    planned_at=START, enrolled_by="order",
)  # fmt: skip


def a_record(
    record_id: str, event_type: str = "order.placed", contact: str = "7", hours: int = 0, **data: object
) -> Record:
    at = START + timedelta(hours=hours)
    return Record(id=record_id, type=event_type, source="t", contact=contact, time=at, data=data)


EVENTS = [
    a_record("order", amount=12),
    a_record("early", "form.submitted", hours=1, form="a", fields={"town": "Kiel", "street": "x"}),
    a_record("late", "form.submitted", hours=2, form="b", fields={"town": "Lund"}),
    a_record("other", "form.submitted", "8", hours=3, form="b", fields={"town": "Rome"}),
]


async def test_the_event_that_enrolled_and_the_form_that_was_submitted_last_are_told():
    ours = await beside(events=EVENTS).of(EFFECT, CONTACT, ["{{ event.amount }}", "{{ fields.town }}"])

    assert (ours.event, ours.fields) == ({"amount": 12}, {"town": "Lund"})


@pytest.mark.parametrize("text", ["Hi {{ contact.first_name }}", "the eventful airfields"])
async def test_the_archive_is_not_asked_for_texts_that_name_neither(text: str):
    events = FixedEvents(EVENTS)

    await Beside(colleagues(), events).of(EFFECT, CONTACT, [text])

    assert events.asked == 0


@pytest.mark.parametrize(
    "effect", [EFFECT.but(enrolled_by=None), EFFECT.but(enrolled_by="gone"), EFFECT.but(contact="8")]
)
async def test_where_there_is_no_such_event_nothing_is_told(effect: Effect):
    """By hand, kept no longer, or another contact's."""
    ours = await beside(events=EVENTS).of(effect, CONTACT, ["{{ event.amount }}"])

    assert ours.event == {}


async def test_whoever_submitted_nothing_has_no_fields():
    assert (await beside().of(EFFECT, CONTACT, ["{{ fields.town }}"])).fields == {}
