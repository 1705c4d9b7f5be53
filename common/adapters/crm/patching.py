"""Contacts and companies as changes to the reference CRM's records (domain.md §13), from the record as it was read.

What the CRM has no place for, or knows by numbers that nobody gave, is left out and named.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.adapters.crm.custom_fields import WORDS, is_field, our_name, value_of, written
from common.adapters.crm.fields import Fields
from common.adapters.crm.records import is_address
from common.domain.contact import Company, Contact


class Operation(StrEnum):
    """Of a JSON Patch (RFC 6902), as far as the CRM takes them."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Change:
    """`path` as JSON Patch has it, `/Emails/0/Value`; a `TEST` that fails refuses all of the changes."""

    operation: Operation
    path: str
    value: Any = None

    def document(self) -> dict[str, Any]:
        told = {"op": self.operation.value, "path": self.path}
        return told if self.operation is Operation.REMOVE else told | {"value": self.value}


class NoPlace(Exception):
    """The CRM can't be told of this field."""


Changes = Iterator[Change]


def contact_changes(
    record: Fields, contact: Contact, fields: Sequence[str]
) -> tuple[list[Change], Sequence[str]]:
    """What makes the person's record say what the contact says in these fields, and those that it can't say."""
    return _changes(fields, lambda field: _of_contact(record, contact, field))


def company_changes(
    record: Fields, company: Company, fields: Sequence[str]
) -> tuple[list[Change], Sequence[str]]:
    """The same of a company; fields begin with `company.`."""
    return _changes(fields, lambda field: _of_company(record, company, field.removeprefix("company.")))


def new_person(contact: Contact) -> dict[str, Any]:
    """Everything that a new record can say of a contact."""
    company = contact.company.id if contact.company else ""
    told: dict[str, Any] = {"Firstname": contact.first_name, "Lastname": contact.last_name}
    if contact.email:
        told["Emails"] = [{"Value": contact.email, "Description": ""}]
    if contact.mobile:
        told["MobilePhones"] = [{"Value": contact.mobile, "Description": ""}]
    if company.isdecimal():
        told["Contact"] = {"ContactId": int(company)}
    if contact.owner and contact.owner.isdecimal():
        told["Associate"] = {"AssociateId": int(contact.owner)}
    return told | {name: True for name, is_so in (("NoMailing", contact.no_mailing),) if is_so}


def _changes(fields: Sequence[str], of: Callable[[str], Changes]) -> tuple[list[Change], Sequence[str]]:
    changes: list[Change] = []
    untold = []
    for field in fields:
        try:
            changes += list(of(field))
        except NoPlace:
            untold.append(field)
    return changes, untold


TEXTS = {"first_name": "Firstname", "last_name": "Lastname", "name": "Name"}
FLAGS = {"retired": "Retired", "no_mailing": "NoMailing"}
USERS = {"owner": "Associate", "service_contact": "SupportAssociate"}
ADDRESSES = {"email": "Emails", "mobile": "MobilePhones"}


def _of_contact(record: Fields, contact: Contact, field: str) -> Changes:
    if field in ADDRESSES:
        yield from _address(record, ADDRESSES[field], getattr(contact, field))
    elif field in FLAGS:
        yield from _flag(record, FLAGS[field], getattr(contact, field))
    elif field == "interests":
        yield from _interests(record, contact.interests)
    elif field == "company.id":
        yield from _link(record, "Contact", "ContactId", contact.company.id if contact.company else None)
    else:
        yield from _shared(record, contact, field)


def _of_company(record: Fields, company: Company, field: str) -> Changes:
    if field == "category":
        yield from _link(record, "Category", "Id", company.category)
    else:
        yield from _shared(record, company, field)


def _shared(record: Fields, whose: Contact | Company, field: str) -> Changes:
    """What both have."""
    name = field.removeprefix("custom.")
    if name != field:
        yield from _custom(record, name, whose.custom.get(name))
    elif field in TEXTS:
        yield from _text(record, TEXTS[field], getattr(whose, field))
    elif field in USERS:
        yield from _link(record, USERS[field], "AssociateId", getattr(whose, field))
    else:
        raise NoPlace


def _text(record: Fields, name: str, value: str) -> Changes:
    if (record.text(name) or "") != value:
        yield Change(Operation.REPLACE, f"/{name}", value)


def _flag(record: Fields, name: str, value: bool) -> Changes:
    if (record.any(name) in (True, 1)) is not value:
        yield Change(Operation.REPLACE, f"/{name}", value)


def _link(record: Fields, name: str, key: str, value: str | None) -> Changes:
    """To another record, or an entry of a list, by its number."""
    if value and not value.isdecimal():
        raise NoPlace
    if record.part(name).key(key) != (value or None):
        yield Change(Operation.REPLACE, f"/{name}", {key: int(value or 0)})


def _address(record: Fields, name: str, value: str | None) -> Changes:
    """The first that is any good is the contact's; the others stay."""
    told = [part.text("Value") for part in record.parts(name)]
    good = is_address if name == "Emails" else bool
    place = next((number for number, each in enumerate(told) if good(each)), None)
    if place is None:
        if value:
            yield Change(Operation.ADD, f"/{name}/-", {"Value": value, "Description": ""})
    elif not value:
        yield Change(Operation.REMOVE, f"/{name}/{place}")
    elif told[place] != value:
        yield Change(Operation.REPLACE, f"/{name}/{place}/Value", value)


def _interests(record: Fields, interests: Sequence[str]) -> Changes:
    """The record has them all, each selected or not; one that it does not have can't be told."""
    rows = [(row.text("Name", "Id"), row.any("Selected") in (True, 1)) for row in record.parts("Interests")]
    if set(interests) - {name for name, _ in rows}:
        raise NoPlace
    for number, (name, selected) in enumerate(rows):
        if selected is not (name in interests):
            yield Change(Operation.REPLACE, f"/Interests/{number}/Selected", not selected)


def _custom(record: Fields, name: str, value: Any) -> Changes:
    """The field of this name of ours; of a kind that the CRM takes from us."""
    kept = record.any("CustomFields")
    fields = kept if isinstance(kept, Mapping) else {}
    theirs = next((each for each in fields if is_field(each) and our_name(each) == name), None)
    if theirs is None:
        raise NoPlace
    before = fields[theirs]
    if value_of(before, fields.get(theirs + WORDS)) == value:
        return
    told = written(value, before)
    if told is None:
        raise NoPlace
    escaped = theirs.replace("~", "~0").replace("/", "~1")
    yield Change(Operation.REPLACE, f"/CustomFields/{escaped}", told)
