"""What another system holds of a contact's consents, laid beside ours: of the two, the later word counts.

Its record goes on to say *yes* when the contact has unsubscribed here, and *no* when it has agreed here: neither may
be taken for news.
"""

from datetime import datetime

from pydantic import Field

from common.domain.contact import MOST_CONSENTS, Consent, Contact, ContactData
from common.domain.model import Model


class HeldConsents(Model):
    """All consents that `source` holds of the contact, by purpose; withdrawn ones may be among them."""

    source: str = Field(min_length=1, max_length=100)
    consents: dict[str, Consent] = Field(default_factory=dict, max_length=MOST_CONSENTS)


def beside(contact: Contact, held: HeldConsents, now: datetime) -> Contact:
    """The contact with what that system knows later; what came from it and it holds no longer is withdrawn.

    Raises `TooManyValues`.
    """
    told = {
        purpose: later(contact.consents.get(purpose), consent, held.source)
        for purpose, consent in held.consents.items()
    }
    dropped = {
        purpose: ours.but(withdrawn_at=now)
        for purpose, ours in contact.consents.items()
        if purpose not in told and ours.valid and is_from(ours, held.source)
    }
    return contact.merge(ContactData(consents=told | dropped))


def later(ours: Consent | None, told: Consent, source: str) -> Consent:
    if ours is None:
        return told
    if ours.valid and told.valid:
        return told if is_from(ours, source) else ours
    if ours.valid == told.valid or not is_later(told, ours):
        return ours
    withdrawn: Consent = ours.but(withdrawn_at=told.withdrawn_at)
    return told if told.valid else withdrawn


def is_later(told: Consent, ours: Consent) -> bool:
    """A consent whose moment is not known was before any that is; of two such, *no* counts."""
    said, before = spoken_at(told), spoken_at(ours)
    if said is None or before is None:
        return said is not None or not told.valid
    return said > before


def spoken_at(consent: Consent) -> datetime | None:
    return consent.withdrawn_at or consent.at


def is_from(consent: Consent, source: str) -> bool:
    return consent.source == source or consent.source.startswith(f"{source}/")
