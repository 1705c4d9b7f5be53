from datetime import UTC, datetime

from common.domain.contact import Company, Consent, Contact
from common.domain.facts import collect

ASA = Contact(
    id="7",
    country="SE",
    company=Company(name="Kvarn", custom={"size": 12}),
    custom={"tier": "gold"},
    consents={"e_marketing": Consent(basis="consent", at=datetime(2024, 1, 2, tzinfo=UTC))},
    selections=["staff"],
)


def test_facts_are_taken_from_contact_event_and_what_was_before() -> None:
    named = [
        "contact.country",
        "contact.company.name",
        "contact.company.custom.size",
        "contact.custom.tier",
        "contact.consents.e_marketing.basis",
        "contact.consents.e_marketing.at",
        "contact.selections",
        "event.order.amount",
        "before.category",
    ]
    assert collect(named, ASA, {"order": {"amount": 20}}, {"category": "Lead"}) == {
        "contact.country": "SE",
        "contact.company.name": "Kvarn",
        "contact.company.custom.size": 12,
        "contact.custom.tier": "gold",
        "contact.consents.e_marketing.basis": "consent",
        "contact.consents.e_marketing.at": datetime(2024, 1, 2, tzinfo=UTC),
        "contact.selections": ["staff"],
        "event.order.amount": 20,
        "before.category": "Lead",
    }


def test_what_is_missing_is_left_out() -> None:
    named = [
        "contact.category",
        "contact.custom.shoe_size",
        "contact.country.name",
        "contact.merge",
        "event.amount",
        "before.country",
        "elsewhere.country",
    ]
    assert collect(named, ASA) == {}
    assert collect(["contact.company.name"], Contact(id="8")) == {}
