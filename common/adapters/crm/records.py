"""The reference CRM's records, read without trusting their spelling, in our words: its person is our contact."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import EmailStr, TypeAdapter, ValidationError

from common.adapters.crm.consents import HELD_BY, consents
from common.adapters.crm.fields import Fields, known

ADDRESS: TypeAdapter[str] = TypeAdapter(EmailStr)

MOST_INTERESTS = 500
LONGEST_NUMBER = 40
LONGEST_CATEGORY = 200

NO_FOLLOW_UPS = frozenset({"document", "mergedraft", "savedreport"})
"""What else the diary holds."""
NOBODYS = ("resource", "anonymous", "system")
"""Users that are no people."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an event's data gains by its record, the contact that the record names, and when it was changed last, by
    the CRM's clock."""

    contact: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class CrmUser:
    """`data`: what is told of a user, by our names; `person`: the id of its record as a person."""

    id: str
    data: dict[str, Any]
    person: str | None = None


def person(record: Any) -> Fetched:
    """What the record does not tell of stays as it is known."""
    given = Fields(record)
    told = known({"custom": given.custom(), "category": category_of(given)})
    if isinstance(given.any("Consents"), list):
        told["held_consents"] = {"source": HELD_BY, "consents": consents(given.parts("Consents"))}
    readers: dict[str, tuple[str, Any]] = {
        "Firstname": ("first_name", (given.text("Firstname") or "")[:200]),
        "Lastname": ("last_name", (given.text("Lastname") or "")[:200]),
        "Emails": ("email", address_of(given.parts("Emails"))),
        "MobilePhones": ("mobile", next(iter(values(given.parts("MobilePhones"))), None)),
        "Retired": ("retired", given.any("Retired") in (True, 1) or is_deleted(given)),
        "NoMailing": ("no_mailing", given.any("NoMailing") in (True, 1)),
        "Interests": ("interests", interests(given.parts("Interests"))),
        "Country": ("country", country_of(given.part("Country"))),
        "Contact": ("company", company_of(given.part("Contact"))),
        "Associate": ("owner", user_of(given.part("Associate"))),
        "SupportAssociate": ("service_contact", user_of(given.part("SupportAssociate"))),
    }
    fields = dict(each for name, each in readers.items() if name in given)
    return Fetched(given.key("PersonId"), fields | told)


def company(record: Any) -> Fetched:
    """Of a company, which is nobody's event; what the record does not tell of stays as it is known."""
    given = Fields(record)
    told = company_of(given) or {}
    return Fetched(None, {name: value for name, value in told.items() if name != "id"})


def sale(record: Any) -> Fetched:
    given = Fields(record)
    amount = given.any("Amount")
    told = {
        "amount": amount if isinstance(amount, int | float) and not isinstance(amount, bool) else None,
        "currency": given.label("Currency"),
        "heading": given.text("Heading"),
        "status": (given.label("Status") or "").lower() or None,
        "date": given.text("Saledate", "SaleDate"),
        "company": given.part("Contact").key("ContactId"),
        "project": given.part("Project").key("ProjectId"),
    }
    return Fetched(given.part("Person").key("PersonId"), known(told))


def ticket(record: Any) -> Fetched:
    given = Fields(record)
    told = {
        "title": given.text("Title"),
        "category": given.label("Category"),
        "priority": given.label("Priority"),
        "status": given.label("Status"),
    }
    return Fetched(given.part("Person").key("PersonId"), known(told))


def follow_up(record: Any) -> Fetched | None:
    """`None` for what is no follow-up: a document has a row in the diary, too."""
    given = Fields(record)
    kind = (given.text("Type") or "").lower()
    if kind in NO_FOLLOW_UPS:
        return None
    told = {
        "title": given.text("Title", "Description"),
        "type": given.label("Task"),
        "meeting": {"indiary": True, "inchecklist": False}.get(kind),
        "begins": given.text("StartDate"),
        "ends": given.text("EndDate"),
        "owner": user_of(given.part("Associate")),
        "company": given.part("Contact").key("ContactId"),
        "project": given.part("Project").key("ProjectId"),
    }
    return Fetched(given.part("Person").key("PersonId"), known(told))


def project_member(record: Any) -> Fetched:
    given = Fields(record)
    return Fetched(given.key("PersonId"), known({"project": given.key("ProjectId")}))


def values(parts: Iterable[Fields]) -> list[str]:
    return [found for part in parts if (found := part.text("Value")) and len(found) <= LONGEST_NUMBER]


def address_of(emails: Iterable[Fields]) -> str | None:
    """The first that is an address at all."""
    told = (each.text("Value") for each in emails)
    return next((ADDRESS.validate_python(each) for each in told if is_address(each)), None)


def is_address(value: str | None) -> bool:
    try:
        ADDRESS.validate_python(value)
    except ValidationError:
        return False
    return True


def interests(given: Iterable[Fields]) -> list[str]:
    """Those that are selected, by their names where these are told."""
    selected = [each for each in given if each.any("Selected") in (True, 1)]
    return [found for each in selected if (found := each.text("Name", "Id"))][:MOST_INTERESTS]


def country_of(given: Fields) -> str | None:
    code = given.text("TwoLetterISOCountry")
    return code.upper()[:2] if code else None


def company_of(given: Fields) -> dict[str, Any] | None:
    found = given.key("ContactId")
    if found is None:
        return None
    readers: dict[str, tuple[str, Any]] = {
        "Name": ("name", (given.text("Name") or "")[:400]),
        "Category": ("category", category_of(given)),
        "CategoryName": ("category", category_of(given)),
        "Country": ("country", country_of(given.part("Country"))),
        "AssociateId": ("owner", given.key("AssociateId")),
        "Associate": ("owner", user_of(given.part("Associate"))),
        "SupportAssociate": ("service_contact", user_of(given.part("SupportAssociate"))),
    }
    fields = dict(each for name, each in readers.items() if name in given)
    return {"id": found, **fields, **known({"custom": given.custom()})}


def category_of(given: Fields) -> str | None:
    found = given.label("Category") or given.text("CategoryName")
    return found[:LONGEST_CATEGORY] if found else None


def user_of(given: Fields) -> str | None:
    return given.key("AssociateId")


def is_deleted(given: Fields) -> bool:
    """Deleted by somebody, and not yet for good; a record that is there has a date of the year 1."""
    return not (given.text("DeletedDate") or "0001").startswith("0001")


def user(row: Fields) -> CrmUser | None:
    """As the list of all users has it; `None` for a room, a program and the like."""
    key, name = row.key("associateDbId"), row.text("fullName", "assocName")
    kind = (row.text("assocType") or "").lower()
    if key is None or name is None or any(word in kind for word in NOBODYS):
        return None
    told = {
        "name": name[:200],
        "email": address_of([Fields({"Value": row.any("personEmail")})]),
        "title": (row.text("title") or "")[:200],
        "group": (row.text("usergroup") or "")[:200],
    }
    gone = {"available": False} if row.any("isActive") in (False, 0, "0", "false") else {}
    return CrmUser(key, told | gone, row.key("personId"))


def numbers(record: Any) -> dict[str, Any]:
    """Under which a user can be called, by its record as a person."""
    given = Fields(record)
    kinds = {"mobile": "MobilePhones", "phone": "OfficePhones"}
    return {
        ours: next(iter(values(given.parts(theirs))), None)
        for ours, theirs in kinds.items()
        if theirs in given
    }
