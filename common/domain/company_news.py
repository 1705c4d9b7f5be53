"""What happened to a company, told to each of its contacts (domain.md §7: "on the contact or its company")."""

from collections.abc import Collection, Mapping
from typing import Any

from common.domain.contact import Company, Contact
from common.domain.event import COMPANY_CHANGED, COMPANY_SALE_CREATED, COMPANY_UPDATED, SALE_CREATED
from common.domain.ids import digest

NEWS: Mapping[str, str] = {SALE_CREATED: COMPANY_SALE_CREATED, COMPANY_CHANGED: COMPANY_UPDATED}
"""The events that name a company which are news to all its contacts, and the type under which each hears of them."""

ITS_DATA = frozenset(Company.model_fields) - {"id"}

HEARD = frozenset({COMPANY_SALE_CREATED, COMPANY_UPDATED})
"""As what contacts hear of their company."""


def company_of(event_type: str, data: Mapping[str, Any]) -> str | None:
    """The company to whose contacts this event is news."""
    company = data.get("company") if event_type in NEWS else None
    return company if isinstance(company, str) and company else None


def told_company(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the event says of the company itself, as its contacts get it; `None` where that is nothing."""
    fields = {name: value for name, value in data.items() if name in ITS_DATA}
    return {"id": data["company"], **fields} if fields else None


def changed_company(contact: Contact, changed: Collection[str]) -> dict[str, Any] | None:
    """What a flow has changed of the contact's company, as its other contacts get it; `None`: nothing, or a company
    that nobody can be found by."""
    named = {name.removeprefix("company.") for name in changed if name.startswith("company.")}
    if not named or "id" in named or contact.company is None or not contact.company.id:
        return None
    told = contact.company.model_dump(mode="json")
    fields = {name: told[name] for name in named if name in told}
    custom = {name.removeprefix("custom."): None for name in named if name.startswith("custom.")}
    if custom:
        fields["custom"] = {name: told["custom"].get(name) for name in custom}
    return {"id": contact.company.id, **fields}


def told_to(contact: Contact | None, event_type: str, data: Mapping[str, Any]) -> bool:
    """Whether the contact is (still) one of the company that this is about; forgotten ones are not."""
    company = data["company"]["id"] if event_type == COMPANY_UPDATED else data["company"]
    return contact is not None and contact.company is not None and contact.company.id == company


def news_id(event: str, contact: str) -> str:
    """Of what a contact hears: twice told is once."""
    return f"{event}:{digest(contact)[:16]}"
