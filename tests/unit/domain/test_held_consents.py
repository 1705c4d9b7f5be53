"""Two systems hold consents of one person: the later word counts, whoever said it."""

from datetime import UTC, datetime, timedelta

import pytest

from common.domain.contact import E_MARKETING, Consent, Contact
from common.domain.held_consents import HeldConsents, beside

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
EARLY, LATE = NOW - timedelta(days=2), NOW - timedelta(days=1)


def given(at=EARLY, source=""):
    return Consent(basis="consent", source=source, at=at)


def withdrawn(at=EARLY, source=""):
    return Consent(basis="consent", source=source, withdrawn_at=at)


def after(ours, told):
    contact = Contact(id="1", consents={} if ours is None else {E_MARKETING: ours})
    held = HeldConsents(source="crm", consents={} if told is None else {E_MARKETING: told})
    return beside(contact, held, NOW).consents.get(E_MARKETING)


@pytest.mark.parametrize(
    ("ours", "told", "valid"),
    [
        (None, given(), True),
        (None, withdrawn(), False),
        (given(EARLY), withdrawn(LATE), False),
        (given(LATE), withdrawn(EARLY), True),
        (withdrawn(EARLY), given(LATE), True),
        (withdrawn(LATE), given(EARLY), False),
        (withdrawn(EARLY), given(EARLY), False),
        (withdrawn(EARLY), given(None), False),
        (given(None), withdrawn(EARLY), False),
        (given(LATE), given(EARLY), True),
        (given(EARLY, "crm"), None, False),
        (given(EARLY, "crm/WEBFORM"), None, False),
        (given(EARLY, "crmlike"), None, True),
        (given(EARLY), None, True),
    ],
)
def test_the_later_word_counts(ours, told, valid):
    assert after(ours, told).valid is valid


def test_what_was_given_here_keeps_its_source_though_the_crm_says_the_same():
    ours = given(EARLY, "a form")

    assert after(ours, given(LATE, "crm/USER")) == ours
    assert after(given(EARLY, "crm"), given(LATE, "crm/USER")) == given(LATE, "crm/USER")


def test_a_withdrawal_tells_since_when_and_keeps_how_it_was_given():
    assert after(given(EARLY, "a form"), withdrawn(LATE, "crm")) == given(EARLY, "a form").but(
        withdrawn_at=LATE
    )
    assert after(given(EARLY, "crm"), None).withdrawn_at == NOW
