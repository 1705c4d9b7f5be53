import pytest

from common.domain.contact import Company
from common.domain.permission import Permission
from common.domain.progress import Did
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage

WORDS = {"subject": "{{ contact.name }} is here", "text": "Call {{ contact.mobile }}"}
SILENT = a_contact(consents={}, email=None, owner="5", company=Company(owner="6", service_contact="7"))


@pytest.mark.parametrize(("to", "user"), [("our_contact", "5"), ("our_service_contact", "7")])
def test_a_colleague_of_the_contact_or_its_company_is_told_whatever_the_contact_has_consented_to(to, user):
    flow = a_flow().mailing(window={"weekdays": [], "opens": "09:00", "closes": "10:00"})
    passage = Passage(flow.step("notify_by_email", "tell", to=to, **WORDS).open(), SILENT).begin()

    (effect,) = passage.effects
    assert (effect.channel, effect.permission, effect.repeatable) == ("notify_email", Permission.NONE, False)
    assert effect.settings == WORDS | {"user": user}
    assert passage.participant.last_message is None
    assert passage.entries[0].why["user"] == user


def test_an_address_is_told_that_the_step_names():
    step = {"to": "address", "address": "desk@example.org", **WORDS}
    passage = Passage(a_flow().mailing().step("notify_by_email", **step).open(), a_contact()).begin()

    assert passage.effects[0].settings == WORDS | {"to": "desk@example.org"}


def test_of_a_contact_that_belongs_to_nobody_nobody_is_told_and_it_goes_on():
    passage = Passage(
        a_flow().mailing().step("notify_by_email", **WORDS).mail("next").open(), a_contact()
    ).begin()

    assert passage.contents == ["next"]
    assert (passage.entries[0].did, passage.entries[0].why) == (Did.WENT_ON, {"nobody": "our_contact"})


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["subject", "text"]),
        ({"to": "address", **WORDS}, ["address"]),
        ({"address": "desk@example.org", **WORDS}, ["address"]),
        (WORDS, []),
    ],
)
def test_what_is_incomplete_is_told_by_field(settings, fields):
    (step,) = a_flow().step("notify_by_email", **settings).build().steps

    assert [field for field, _ in step.problems()] == fields
