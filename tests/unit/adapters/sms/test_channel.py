import pytest

from common.adapters.sms.channel import text_message
from common.domain.effect import Effect
from common.ports import Unsendable
from tests.support.flows import START, a_contact


def an_sms(text: str, **settings: str) -> Effect:
    return Effect(
        id="e1", partition=0, channel="sms", flow="test", run=1, version=1, participant="p1", contact="1",
        step="text", planned_at=START, settings={"text": text, **settings},
    )  # fmt: skip


def test_merge_tags_are_filled_and_the_number_is_read_as_one_of_the_contact_s_country():
    contact = a_contact(first_name="Ada", mobile="0151 12345678", country="DE", company={"name": "Mill & Co"})
    effect = an_sms("Hi {{ contact.first_name }} of {{ company.name }}!", sender="Headrace")

    message = text_message(effect, contact, "SE")

    assert (message.id, message.to, message.sender) == ("e1", "+4915112345678", "Headrace")
    assert message.text == "Hi Ada of Mill & Co!"


def test_without_a_country_the_installation_s_stands_in():
    assert (
        text_message(an_sms("Hi"), a_contact(mobile="070-123 45 67", country=None), "SE").to == "+46701234567"
    )


@pytest.mark.parametrize(
    ("text", "mobile", "why"),
    [
        ("Hi", None, "no mobile number"),
        ("Hi", "call me", "can be called"),
        ("{{ contact.first_name }}", "+4915112345678", "nothing is left"),
        ("Hi {{ contact.first_name", "+4915112345678", "merge tags"),
        ("a" * 1531, "+4915112345678", "11 parts"),
    ],
)
def test_what_can_t_be_sent_is_told_without_the_number(text, mobile, why):
    with pytest.raises(Unsendable, match=why) as refused:
        text_message(an_sms(text), a_contact(mobile=mobile, first_name=""), "DE")
    assert not mobile or mobile not in str(refused.value)
