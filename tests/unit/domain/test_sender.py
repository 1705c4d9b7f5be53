from typing import Any

import pytest

from common.domain.colleague import NOBODY, Ours
from common.domain.flow import EmailSettings
from common.domain.sender import NotApproved, Sender, sender_of
from common.domain.sender_domains import Approved
from tests.support.users import a_user

ADA = a_user("5", name="Ada", email="ada@example.org")
BO = a_user("6", name="Bo", email="bo@elsewhere.example")
OURS = Ours(owner=ADA, service_contact=BO)
LIST = Approved.of(["example.org"])


def sender(ours: Ours = OURS, approved: Approved = LIST, **settings: Any) -> Sender:
    given = {"from_name": "News", "from_address": "news@example.org", **settings}
    return sender_of(EmailSettings.model_validate(given).origin, ours, approved)


def test_mail_comes_from_the_address_of_the_settings_and_answers_go_there() -> None:
    assert sender() == Sender("News", "news@example.org")


@pytest.mark.parametrize(
    ("ours", "shown"),
    [
        (OURS, Sender("Ada", "ada@example.org")),
        (NOBODY, Sender("News", "news@example.org")),
        (Ours(owner=a_user("7", email=None)), Sender("News", "news@example.org")),
        (Ours(owner=BO), Sender("News", "news@example.org")),
    ],
)
def test_a_colleague_is_stood_in_for_who_has_no_approved_address(ours: Ours, shown: Sender) -> None:
    assert sender(ours, from_whom="our_contact") == shown


def test_without_a_list_every_colleague_s_address_may_be_used() -> None:
    assert sender(approved=Approved(), from_whom="our_service_contact").address == "bo@elsewhere.example"


@pytest.mark.parametrize(
    ("settings", "reply_to"),
    [
        ({}, None),
        ({"reply_to": "desk@example.org"}, "desk@example.org"),
        ({"reply_to_whom": "from"}, "news@example.org"),
        ({"reply_to_whom": "from", "from_whom": "our_contact"}, "ada@example.org"),
        ({"reply_to_whom": "our_contact"}, "ada@example.org"),
        ({"reply_to_whom": "our_service_contact"}, None),
        ({"reply_to_whom": "our_service_contact", "reply_to": "desk@example.org"}, "desk@example.org"),
    ],
)
def test_answers_go_where_the_settings_say(settings: dict[str, Any], reply_to: str | None) -> None:
    assert sender(**settings).reply_to == reply_to


@pytest.mark.parametrize("field", ["from_address", "reply_to"])
def test_a_fixed_address_that_is_not_approved_is_not_used(field: str) -> None:
    with pytest.raises(NotApproved, match=r"news@other\.example"):
        sender(**{field: "news@other.example"})


def test_settings_that_were_stored_before_mean_what_they_did() -> None:
    kept = EmailSettings.model_validate({"from_address": "news@example.org", "reply_to": "desk@example.org"})
    assert sender_of(kept.origin, OURS) == Sender("", "news@example.org", "desk@example.org")
