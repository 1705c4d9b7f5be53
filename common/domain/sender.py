"""From whom a flow's mail comes, and to whom answers go (domain.md §3)."""

from dataclasses import dataclass
from enum import StrEnum

from common.domain.colleague import Colleague, Ours
from common.domain.sender_domains import ANY_DOMAIN, Approved
from common.domain.user import User


class FromWhom(StrEnum):
    """`address`: the one that the flow's settings name, for every mail."""

    ADDRESS = "address"
    OUR_CONTACT = Colleague.OUR_CONTACT.value
    OUR_SERVICE_CONTACT = Colleague.OUR_SERVICE_CONTACT.value


class ReplyToWhom(StrEnum):
    """`address`: the one that the flow's settings name, if any; `from`: whoever the mail comes from."""

    ADDRESS = "address"
    FROM = "from"
    OUR_CONTACT = Colleague.OUR_CONTACT.value
    OUR_SERVICE_CONTACT = Colleague.OUR_SERVICE_CONTACT.value


@dataclass(frozen=True, slots=True)
class Origin:
    """What the settings say of it; `address` and `reply_to` are fall-backs where a colleague is meant."""

    name: str
    address: str
    whom: FromWhom
    reply_to: str | None
    reply_to_whom: ReplyToWhom


@dataclass(frozen=True, slots=True)
class Sender:
    """One mail's: name and address, and where answers go, if elsewhere."""

    name: str
    address: str
    reply_to: str | None = None


class NotApproved(ValueError):
    """The address that would be used is on no approved sender domain."""


def sender_of(origin: Origin, ours: Ours, approved: Approved = ANY_DOMAIN) -> Sender:
    """A colleague who is not known, has no address, or one that is not approved is stood in for by the fall-back.
    Raises `NotApproved`."""
    name, address = _from(origin, ours, approved)
    reply_to = _reply_to(origin, address, ours, approved)
    for used in (address, reply_to):
        if used is not None and not approved.allows(used):
            raise NotApproved(approved.complaint(used))
    return Sender(name, address, reply_to)


def _from(origin: Origin, ours: Ours, approved: Approved) -> tuple[str, str]:
    if origin.whom is FromWhom.ADDRESS:
        return origin.name, origin.address
    user = ours.known(Colleague(origin.whom.value))
    usable = _usable(user, approved)
    return (user.name, usable) if user and usable else (origin.name, origin.address)


def _reply_to(origin: Origin, sender: str, ours: Ours, approved: Approved) -> str | None:
    match origin.reply_to_whom:
        case ReplyToWhom.ADDRESS:
            return origin.reply_to
        case ReplyToWhom.FROM:
            return sender
        case ReplyToWhom.OUR_CONTACT | ReplyToWhom.OUR_SERVICE_CONTACT as whom:
            return _usable(ours.known(Colleague(whom.value)), approved) or origin.reply_to


def _usable(user: User | None, approved: Approved) -> str | None:
    return user.email if user and user.email and approved.allows(user.email) else None
