import pytest

from common.domain.permission import Permission
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def planned(**settings):
    return Passage(a_flow().step("create_request", **settings).open(), a_contact(consents={})).begin()


def test_a_request_is_planned_with_its_merge_tags_and_the_passage_goes_on_at_once():
    passage = planned(subject="Call {{ contact.name }}", message="Please", priority="High", category="7")

    (effect,) = passage.effects
    assert (effect.channel, effect.permission, effect.depth) == ("crm", Permission.NONE, 1)
    assert effect.settings == {
        "kind": "create_request",
        "title": "Call {{ contact.name }}",
        "message": "Please",
        "priority": "High",
        "category": "7",
        "automatic": True,
    }
    assert not passage.participant.active


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"owner": "user", "user": "5"}, {"owner": "5"}),
        ({"owner": "nobody"}, {}),
        ({"owner": "automatic"}, {"automatic": True}),
    ],
)
def test_it_is_somebody_s_nobody_s_or_found_by_the_crm(settings, told):
    (effect,) = planned(subject="Hi", **settings).effects
    assert effect.settings == {"kind": "create_request", "title": "Hi", **told}


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["subject"]),
        ({"subject": "Hi", "owner": "user"}, ["user"]),
        ({"subject": "Hi", "user": "5"}, ["user"]),
        ({"subject": "Hi"}, []),
    ],
)
def test_what_is_incomplete_is_told_by_field(settings, fields):
    (step,) = a_flow().step("create_request", **settings).build().steps

    assert [field for field, _ in step.problems()] == fields
    assert [field for field, _ in step.texts()] == ["subject", "message"]
