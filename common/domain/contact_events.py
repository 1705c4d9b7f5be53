"""What an event does to its contact (architecture.md §1: trigger applies events to contacts)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.domain.contact import (
    E_MARKETING,
    MOST_IN_LIST,
    Consent,
    Contact,
    ContactData,
    LegalBasis,
    TooManyValues,
)
from common.domain.event import (
    COMPANY_UPDATED,
    CONTACT_CONSENTED,
    CONTACT_CREATED,
    CONTACT_DELETED,
    CONTACT_IMPORTED,
    CONTACT_PREFERRED,
    CONTACT_SOFT_DELETED,
    CONTACT_UNCONSENTED,
    CONTACT_UNSUBSCRIBED,
    CONTACT_UPDATED,
    FORM_SUBMITTED,
    LINK_CLICKED,
    MAIL_COMPLAINED,
    MAIL_OPENED,
    PROJECT_ADDED,
    PROJECT_REMOVED,
    SELECTION_ADDED,
    SELECTION_REMOVED,
)
from common.domain.held_consents import HeldConsents, beside

MERGED = frozenset({CONTACT_CREATED, CONTACT_UPDATED, CONTACT_IMPORTED, COMPANY_UPDATED})
"""The event types whose data is fields of the contact."""

JOINING = {SELECTION_ADDED: ("selections", "selection"), PROJECT_ADDED: ("projects", "project")}
LEAVING = {SELECTION_REMOVED: ("selections", "selection"), PROJECT_REMOVED: ("projects", "project")}
"""The event types that change a membership: the contact's field, and where the data names what is joined or left."""

HELD_CONSENTS = "held_consents"
BESIDE = frozenset({"crm", "add", "remove", HELD_CONSENTS})
"""What such data holds besides: the CRM's own words, what is put into lists and what is taken out, and the consents
that the CRM holds."""

CONSENTED = frozenset({CONTACT_CONSENTED, CONTACT_UNCONSENTED})
GONE = frozenset({CONTACT_DELETED, CONTACT_SOFT_DELETED})
"""Of contacts that the CRM has no more: nothing goes on for them, as for former employees (domain.md §5)."""

ENGAGEMENT = {MAIL_OPENED: "opened", LINK_CLICKED: "clicked", FORM_SUBMITTED: "submitted"}
"""The event types that are counted on the contact, and as what."""

BY_CONTACT = "the contact's own preferences"
"""Source of a consent that the contact gave on the preference page."""

READ = frozenset({MAIL_OPENED, LINK_CLICKED})
"""What readers do with a mail; machines do it, too."""


def changed_by(contact: Contact, event_type: str, data: Mapping[str, Any], now: datetime) -> Contact:
    """The contact after the event; the same object when the event changes nothing. Raises `ValueError` where the
    contact would come to hold more than can be kept."""
    if event_type in MERGED:
        kept = without_removed(contact.merge(contact_data(data)), data.get("remove", {}))
        after = with_held_consents(with_added(kept, data.get("add", {})), data, now)
    elif event_type in CONSENTED:
        after = with_held_consents(contact, data, now)
    elif event_type in GONE:
        after = contact.but(retired=True)
    elif event_type in JOINING:
        field, named = JOINING[event_type]
        after = joined(contact, field, data[named])
    elif event_type in LEAVING:
        field, named = LEAVING[event_type]
        after = left(contact, field, data[named])
    elif event_type == CONTACT_UNSUBSCRIBED:
        after = unsubscribed(contact, data.get("subscription_type"), now)
    elif event_type == CONTACT_PREFERRED:
        after = preferred(contact, data.get("subscriptions") or {}, data.get("e_marketing"), now)
    elif event_type == MAIL_COMPLAINED:
        after = with_consent(contact, False, now)
    elif event_type in ENGAGEMENT:
        after = engaged(contact, "scanned" if by_bot(event_type, data) else ENGAGEMENT[event_type], now)
    else:
        return contact
    return contact if after == contact else after


def by_bot(event_type: str, data: Mapping[str, Any]) -> bool:
    """Whether a machine did it that looks at mails before their readers do: counted apart, and moves nobody."""
    return event_type in READ and data.get("bot") is True


def engaged(contact: Contact, how: str, now: datetime) -> Contact:
    """Counted once more as having clicked, or submitted a form."""
    tally = getattr(contact.engagement, how).once_more(now)
    counted: Contact = contact.but(engagement=contact.engagement.but(**{how: tally}))
    return counted


def contact_data(data: Mapping[str, Any]) -> ContactData:
    """The contact's fields, without what stays with the event and what is put into lists or taken out."""
    return ContactData.model_validate({name: value for name, value in data.items() if name not in BESIDE})


def with_held_consents(contact: Contact, data: Mapping[str, Any], now: datetime) -> Contact:
    """With those that the CRM holds, as far as the event tells of them. Raises `TooManyValues`."""
    held = data.get(HELD_CONSENTS)
    return contact if held is None else beside(contact, HeldConsents.model_validate(held), now)


def without_removed(contact: Contact, lists: Mapping[str, list[str]]) -> Contact:
    """With these values no longer in its lists."""
    rest = {
        name: [each for each in getattr(contact, name) if each not in values]
        for name, values in lists.items()
    }
    less: Contact = contact.but(**rest)
    return less


def with_added(contact: Contact, lists: Mapping[str, list[str]]) -> Contact:
    """With these values in its lists as well. Raises `TooManyValues`."""
    more: dict[str, list[str]] = {}
    for name, values in lists.items():
        before = getattr(contact, name)
        more[name] = [*before, *(value for value in dict.fromkeys(values) if value not in before)]
        if len(more[name]) > MOST_IN_LIST[name]:
            raise TooManyValues(name, len(more[name]), MOST_IN_LIST[name])
    added: Contact = contact.but(**more)
    return added


def joined(contact: Contact, field: str, name: str) -> Contact:
    """Named once in this list of memberships."""
    names = getattr(contact, field)
    return contact if name in names else contact.merge(ContactData.model_validate({field: [*names, name]}))


def left(contact: Contact, field: str, name: str) -> Contact:
    """No longer named in this list of memberships."""
    rest: Contact = contact.but(**{field: [each for each in getattr(contact, field) if each != name]})
    return rest


def unsubscribed(contact: Contact, subscription_type: str | None, now: datetime) -> Contact:
    """Off this subscription; without a type, consent for e-marketing is withdrawn (RFC 8058 asks no more)."""
    if subscription_type is not None:
        kept = [name for name in contact.subscriptions if name != subscription_type]
        off: Contact = contact.but(subscriptions=kept)
        return off
    return with_consent(contact, False, now)


def preferred(
    contact: Contact, types: Mapping[str, bool], e_marketing: bool | None, now: datetime
) -> Contact:
    """Each named subscription switched as wanted, and consent for e-marketing given or withdrawn."""
    kept = [name for name in contact.subscriptions if types.get(name, True)]
    added = [name for name, wanted in types.items() if wanted and name not in kept]
    switched = contact.merge(ContactData(subscriptions=[*kept, *added]))
    return switched if e_marketing is None else with_consent(switched, e_marketing, now)


def with_consent(contact: Contact, given: bool, now: datetime) -> Contact:
    """Consent for e-marketing given by the contact itself, or withdrawn; what was so already stays as it is."""
    consent = contact.consents.get(E_MARKETING)
    if given:
        fresh = Consent(basis=LegalBasis.CONSENT, source=BY_CONTACT, at=now)
        stays = consent is not None and consent.valid
        return contact if stays else contact.merge(ContactData(consents={E_MARKETING: fresh}))
    if consent is None or not consent.valid:
        return contact
    withdrawn: Contact = contact.but(
        consents={**contact.consents, E_MARKETING: consent.but(withdrawn_at=now)}
    )
    return withdrawn
