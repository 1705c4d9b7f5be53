"""A letter: a mail that no flow sends."""

from datetime import UTC, datetime

from common.domain.claim import Send, Withdraw, at_claim
from common.domain.contact import Contact
from common.domain.letter import letter, recipient
from common.domain.reasons import DropOut

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LETTER = letter("c", 0, "submission", "confirm", {"to": "a@example.org"}, NOON)


def test_it_goes_to_whom_it_names_whatever_is_known_of_the_contact():
    assert recipient(LETTER, Contact(id="c", email="old@example.org")) == Contact(
        id="c", email="a@example.org"
    )
    assert recipient(LETTER, None) == Contact(id="c", email="a@example.org")


def test_no_flow_and_no_consent_is_asked_but_a_blocked_address_is_spared():
    to = recipient(LETTER, None)
    assert at_claim(LETTER, None, to, NOON, blocked=False) == Send(None, to)
    refused = at_claim(LETTER, None, to, NOON, blocked=True)
    assert isinstance(refused, Withdraw)
    assert refused.reason is DropOut.EMAIL_BLOCKED


def test_the_same_cause_and_purpose_is_the_same_letter():
    assert letter("d", 1, "submission", "confirm", {"to": "x@example.org"}, NOON).id == LETTER.id
    assert letter("c", 0, "submission", "response 0", {"to": "x@example.org"}, NOON).id != LETTER.id
