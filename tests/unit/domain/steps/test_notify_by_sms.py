import pytest

from common.domain.contact import Company
from common.domain.permission import Permission
from common.domain.progress import Did
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage

OURS = a_contact(consents={}, mobile=None, owner="5", company=Company(owner="6", service_contact="7"))


@pytest.mark.parametrize(("to", "user"), [("our_contact", "5"), ("our_service_contact", "7")])
def test_a_colleague_of_the_contact_or_its_company_is_told(to, user):
    flow = a_flow().having(sms={"sender": "Headrace"}).step("notify_by_sms", to=to, text="Call them")
    passage = Passage(flow.open(), OURS).begin()

    (effect,) = passage.effects
    assert (effect.channel, effect.permission, effect.repeatable) == ("notify_sms", Permission.NONE, False)
    assert effect.settings == {"text": "Call them", "sender": "Headrace", "user": user}


def test_each_named_user_gets_a_message_of_its_own_once():
    step = {"to": "users", "users": ["8", "9", "8"], "text": "Hi", "sender": "123"}
    passage = Passage(a_flow().step("notify_by_sms", **step).open(), a_contact()).begin()

    assert [each.settings["user"] for each in passage.effects] == ["8", "9"]
    assert len({each.id for each in passage.effects}) == 2
    assert passage.effects[0].settings["sender"] == "123"


def test_of_a_contact_that_belongs_to_nobody_nobody_is_told_and_it_goes_on():
    passage = Passage(a_flow().step("notify_by_sms", text="Hi").mail("next").open(), a_contact()).begin()

    assert passage.contents == ["next"]
    assert (passage.entries[0].did, passage.entries[0].why) == (Did.WENT_ON, {"nobody": "our_contact"})


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["text"]),
        ({"to": "users", "text": "Hi"}, ["users"]),
        ({"users": ["8"], "text": "Hi"}, ["users"]),
        ({"text": "Hi"}, []),
    ],
)
def test_what_is_incomplete_is_told_by_field(settings, fields):
    (step,) = a_flow().step("notify_by_sms", **settings).build().steps

    assert [field for field, _ in step.problems()] == fields
