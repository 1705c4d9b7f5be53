"""The reference CRM's records, read without trusting their spelling, in our words: its person is our contact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import EmailStr, TypeAdapter, ValidationError

ADDRESS: TypeAdapter[str] = TypeAdapter(EmailStr)

MOST_INTERESTS = 500
LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an event's data gains by its record, and the contact that the record names."""

    contact: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Fields:
    """A record by names without regard to case; what is missing or of another kind is `None`."""

    def __init__(self, record: Any) -> None:
        given = record if isinstance(record, Mapping) else {}
        self._given = {str(name).lower(): value for name, value in given.items()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._given

    def any(self, name: str) -> Any:
        return self._given.get(name.lower())

    def part(self, name: str) -> "Fields":
        return Fields(self.any(name))

    def parts(self, name: str) -> list["Fields"]:
        found = self.any(name)
        return [Fields(each) for each in found] if isinstance(found, list) else []

    def text(self, *names: str) -> str | None:
        """The first of these that is some text or number."""
        for name in names:
            value = self.any(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()
        return None

    def key(self, name: str) -> str | None:
        """An id; 0 means none."""
        found = self.text(name)
        return None if found is None or not found.strip("0") or found.startswith("-") else found

    def label(self, name: str) -> str | None:
        """A value of one of the CRM's lists, which comes as text or as an object with a name."""
        return self.text(name) or self.part(name).text("Name", "Value", "Fullname", "DisplayValue")


def person(record: Any) -> Fetched:
    """What the record does not tell of stays as it is known."""
    given = Fields(record)
    readers: dict[str, tuple[str, Any]] = {
        "Firstname": ("first_name", (given.text("Firstname") or "")[:200]),
        "Lastname": ("last_name", (given.text("Lastname") or "")[:200]),
        "Emails": ("email", address_of(given.parts("Emails"))),
        "MobilePhones": ("mobile", next(iter(values(given.parts("MobilePhones"))), None)),
        "Retired": ("retired", given.any("Retired") in (True, 1)),
        "NoMailing": ("no_mailing", given.any("NoMailing") in (True, 1)),
        "Interests": ("interests", interests(given.parts("Interests"))),
        "Country": ("country", country_of(given.part("Country"))),
        "Contact": ("company", company_of(given.part("Contact"))),
        "Associate": ("owner", user_of(given.part("Associate"))),
        "SupportAssociate": ("service_contact", user_of(given.part("SupportAssociate"))),
    }
    return Fetched(given.key("PersonId"), dict(told for name, told in readers.items() if name in given))


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


def known(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def values(parts: Iterable[Fields]) -> list[str]:
    return [found for part in parts if (found := part.text("Value")) and len(found) <= LONGEST_NUMBER]


def address_of(emails: Iterable[Fields]) -> str | None:
    """The first that is an address at all."""
    for each in emails:
        try:
            return ADDRESS.validate_python(each.text("Value"))
        except ValidationError:
            continue
    return None


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
    told = {
        "name": (given.text("Name") or "")[:400],
        "category": given.label("Category"),
        "country": country_of(given.part("Country")),
    }
    users = {"Associate": "owner", "SupportAssociate": "service_contact"}
    named = {ours: user_of(given.part(theirs)) for theirs, ours in users.items() if theirs in given}
    return {"id": found, **told, **named}


def user_of(given: Fields) -> str | None:
    return given.key("AssociateId")
