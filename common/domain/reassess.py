"""What is asked of a participant before every step (domain.md §5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from common.domain.conditions import Verdict
from common.domain.contact import E_MARKETING, Contact
from common.domain.flow import Flow
from common.domain.ids import digest
from common.domain.participant import Participant
from common.domain.permission import Permission
from common.domain.reasons import DropOut
from common.domain.success import state_success


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing stands against the step."""


@dataclass(frozen=True, slots=True)
class Succeed:
    """A success criterion is met; `verdict` has the lines seen if it is one on state, met just now."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Drop:
    """Out of the flow; `seen` is the value that decided it, for the explanation."""

    reason: DropOut
    seen: dict[str, object]


Reassessed = Pass | Succeed | Drop


def reassess(
    participant: Participant,
    contact: Contact,
    document: Flow,
    now: datetime,
    *,
    permission: Permission,
    blocked: Collection[str] = (),
    in_use: Collection[str] = (),
) -> Reassessed:
    """The checks before a step, in their order, asked of an active participant.

    Success that only counts (the flow does not move to Finish for it) is told once, when it is met.
    `blocked` holds blocked addresses by their `address_key`, `in_use` the digests of those that others hold.
    """
    if success := success_met(participant, contact, document, now):
        return success
    if contact.retired:
        return Drop(DropOut.FORMER_EMPLOYEE, {"retired": True})
    if lists := [name for name in document.exclusion_lists if name in contact.selections]:
        return Drop(DropOut.EXCLUDED, {"selections": lists})
    if reason := refusal(
        permission, document, contact, is_blocked(contact, blocked), in_use=address_digest(contact) in in_use
    ):
        return Drop(reason, _seen_of(reason, document, contact))
    return Pass()


def success_met(participant: Participant, contact: Contact, document: Flow, now: datetime) -> Succeed | None:
    """Success recorded before that the flow now acts on, or a criterion on state that is newly met."""
    if participant.succeeded_at is not None:
        return Succeed(Verdict(holds=True)) if document.success.move_to_finish else None
    verdict = state_success(document, contact, now)
    return Succeed(verdict) if verdict else None


def refusal(
    permission: Permission, document: Flow, contact: Contact, blocked: bool, *, in_use: bool = False
) -> DropOut | None:
    """Why this contact may not be sent such a message by this flow, `None` if it may.

    Asked before the step and again when the message is about to leave. `blocked`: its address refuses mail;
    `in_use`: another contact has it in this flow.
    """
    match permission:
        case Permission.NONE:
            return None
        case Permission.EMAIL:
            return _consent_refusal(document, contact) or _address_refusal(contact, blocked, in_use)
        case Permission.SMS:
            return _consent_refusal(document, contact)
    assert_never(permission)


def _consent_refusal(document: Flow, contact: Contact) -> DropOut | None:
    settings = document.email
    if settings is None or not settings.override_consent:
        if not contact.consents_to(E_MARKETING):
            return DropOut.NO_CONSENT
        if settings and settings.subscription_type not in (None, *contact.subscriptions):
            return DropOut.NO_SUBSCRIPTION
    return None


def _address_refusal(contact: Contact, blocked: bool, in_use: bool) -> DropOut | None:
    if contact.email is None:
        return DropOut.NO_EMAIL
    if in_use:
        return DropOut.EMAIL_IN_USE
    if blocked or contact.no_mailing:
        return DropOut.EMAIL_BLOCKED
    return None


def address_key(address: str) -> str:
    """The form in which addresses are compared: case does not tell two apart."""
    return address.strip().casefold()


def address_digest(contact: Contact) -> str | None:
    """Stands for the contact's address where the address itself is nobody's business; `None` without one."""
    return None if contact.email is None else digest("address", address_key(contact.email))


def hold_id(flow: str, run: int, address: str) -> str:
    """Of the right to be mailed at this address (by its digest) in this run of a flow."""
    return f"{flow}:{run}:{address}"


def is_blocked(contact: Contact, blocked: Collection[str]) -> bool:
    """Whether the contact's address is among these, which are held by their `address_key`."""
    return contact.email is not None and address_key(contact.email) in blocked


def _seen_of(reason: DropOut, document: Flow, contact: Contact) -> dict[str, object]:
    """What was seen of the contact where a message was refused."""
    consent = contact.consents.get(E_MARKETING)
    if reason is DropOut.NO_CONSENT:
        return (
            {"consent": consent.basis, "withdrawn_at": consent.withdrawn_at} if consent else {"consent": None}
        )
    if reason is DropOut.NO_SUBSCRIPTION and document.email:
        return {"wanted": document.email.subscription_type, "subscriptions": contact.subscriptions[:20]}
    if reason is DropOut.EMAIL_BLOCKED:
        return {"email": contact.email, "no_mailing": contact.no_mailing}
    return {"email": contact.email}
