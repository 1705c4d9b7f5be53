import pytest
from pydantic import ValidationError

from common.domain.permission import Permission
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage

URL = "https://hooks.example.org/in?of=headrace"


def test_a_call_is_planned_that_may_be_repeated_and_the_passage_goes_on_at_once():
    flow = a_flow().step("call_webhook", "call", url=URL, body={"name": "{{ contact.name }}"}).wait(days=1)
    passage = Passage(flow.open(), a_contact(consents={}, email=None)).begin()

    (effect,) = passage.effects
    assert (effect.channel, effect.permission, effect.repeatable) == ("webhook", Permission.NONE, True)
    assert effect.settings == {"method": "POST", "url": URL, "body": {"name": "{{ contact.name }}"}}
    assert passage.participant.last_message is None
    assert passage.participant.step != "call"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org",
        "https://user:secret@example.org/",
        "example.org",
        "https://exa mple.org",
        "https://a/#b",
    ],
)
def test_an_address_that_can_t_be_called_is_refused(url):
    with pytest.raises(ValidationError):
        a_flow().step("call_webhook", url=url).build()


DEEP: dict[str, object] = {}
for _ in range(11):
    DEEP = {"deep": DEEP}


@pytest.mark.parametrize("body", [{"$where": 1}, {"a": [{"b.c": 1}]}, {"a": "x" * 70_000}, DEEP])
def test_a_body_that_can_t_be_kept_is_refused(body):
    with pytest.raises(ValidationError):
        a_flow().step("call_webhook", url=URL, body=body).build()


def test_every_text_of_the_body_is_checked_and_an_address_is_needed():
    (step,) = a_flow().step("call_webhook", body={"a": "x", "b": [{"c": "y"}, 1]}).build().steps

    assert list(step.texts()) == [("body", "x"), ("body", "y")]
    assert [field for field, _ in step.problems()] == ["url"]
