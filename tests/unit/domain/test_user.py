import pytest

from common.domain.conditions import Asker
from common.domain.conditions.user import UserLine
from common.domain.contact import Company, Contact
from common.domain.facts import collect
from tests.support.flows import START

OF_KVARN = Company(id="5", owner="2", service_contact="3")


@pytest.mark.parametrize(
    ("contact", "ours", "service"),
    [
        (Contact(id="1"), None, None),
        (Contact(id="1", company=Company(id="5")), None, None),
        (Contact(id="1", company=OF_KVARN), "2", "3"),
        (Contact(id="1", owner="8", company=OF_KVARN), "8", "3"),
        (Contact(id="1", owner="8", service_contact="9", company=OF_KVARN), "8", "9"),
    ],
)
def test_our_contacts_are_the_contacts_own_or_else_its_companys(
    contact: Contact, ours: str | None, service: str | None
) -> None:
    assert (contact.our_contact, contact.our_service_contact) == (ours, service)


@pytest.mark.parametrize("field", ["contact.owner", "contact.company.owner"])
def test_the_current_user_is_found_in_the_owner_of_contact_and_company(field: str) -> None:
    line = UserLine(field=field, op="current_user")
    asker = Asker(owner="37201")

    for owner, holds in (("37201", True), ("5", False), (None, False)):
        contact = Contact(id="1", owner=owner, company=Company(owner=owner))
        assert line.holds(collect([field], contact).get(field), START, asker) is holds
