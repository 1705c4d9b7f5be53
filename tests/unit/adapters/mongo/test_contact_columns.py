"""What is kept of a contact for queries is the same however it is worked out."""

import pytest

from common.adapters.mongo.condition_queries import stored_columns
from common.adapters.mongo.contacts import to_document
from common.domain.contact import Company, Consent, Contact, Engagement, LegalBasis, Tally
from tests.support.flows import START

PEOPLE = [
    Contact(id="bare"),
    Contact(id="named", first_name="Ada", last_name="", email="ada@example.org", interests=["Tea", "chess"]),
    Contact(id="former", retired=True, no_mailing=True),
    Contact(id="eager", engagement=Engagement(clicked=Tally(count=2, at=START))),
    Contact(
        id="told of",
        company=Company(id="1", name="Mill", custom={"size": 3}),
        custom={"tier": "gold", "until": "2026-01-01", "asked": False, "none": None},
        consents={"e_marketing": Consent(basis=LegalBasis.CONSENT, withdrawn_at=START)},
    ),
]


@pytest.mark.parametrize("contact", PEOPLE, ids=lambda contact: contact.id)
def test_fields_as_they_are_by_default_are_seen_as_if_they_were_looked_at(contact: Contact) -> None:
    seen = to_document(contact, 1, 8)["columns"]
    assert seen == stored_columns(contact, Contact.model_fields)


def test_what_is_seen_of_everybody_is_nobodys_own() -> None:
    first = stored_columns(Contact(id="a"), ())
    first["yes_no"]["retired"] = True
    assert stored_columns(Contact(id="b"), ())["yes_no"]["retired"] is False
