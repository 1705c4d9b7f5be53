import pytest
from pydantic import ValidationError

from common.adapters.mongo.contacts import to_contact, to_document
from common.domain.contact import Contact
from tests.support.flows import a_contact


def test_a_contact_comes_back_as_it_was_kept():
    contact = a_contact("7", email="ada@example.org", custom={"tier": "gold"}, revision=3)
    assert to_contact(to_document(contact, 3, 8)) == contact


def test_an_address_is_checked_when_it_comes_in_and_taken_as_it_was_kept():
    """What an older release took must not keep a contact from being read."""
    kept = {"id": "7", "email": "ada@no-such..domain"}
    with pytest.raises(ValidationError, match="email"):
        Contact.model_validate(kept)
    assert to_contact({"_id": "7", "v": 1, "email": kept["email"]}).email == kept["email"]
