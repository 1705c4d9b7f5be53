"""The demo's contacts: numbered, of a few companies and countries, some without consent."""

from typing import Any

from common.domain.contact import E_MARKETING

COUNTRIES = ("DE", "SE", "NO", "US")
COMPANIES = 7
SOURCE = "demo"


def contact_id(number: int) -> str:
    return f"contact-{number}"


def fields(number: int) -> dict[str, Any]:
    """One in four lives where the flow takes nobody; one in nine has not agreed to mail."""
    company = number % COMPANIES + 1
    found: dict[str, Any] = {
        "first_name": "Contact",
        "last_name": str(number),
        "email": f"{contact_id(number)}@example.org",
        "country": COUNTRIES[number % len(COUNTRIES)],
        "company": {"id": f"company-{company}", "name": f"Company {company}"},
        "category": "trade" if number % 5 == 0 else "private",
    }
    if number % 9:
        found["consents"] = {E_MARKETING: {"basis": "consent", "source": SOURCE}}
    return found


def created(number: int) -> dict[str, Any]:
    """The event by which the CRM tells of a new contact."""
    return {
        "id": f"created-{number}",
        "type": "contact.created",
        "source": SOURCE,
        "contact": contact_id(number),
        "data": fields(number),
    }


def ordered(number: int, amount: float) -> dict[str, Any]:
    """The event by which the CRM tells of an order."""
    return {
        "id": f"order-{number}",
        "type": "order.placed",
        "source": SOURCE,
        "contact": contact_id(number),
        "data": {"amount": amount, "order": f"order-{number}"},
    }
