"""What is asked once more when an effect is about to be performed (architecture.md §3.4)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from common.domain.contact import Contact
from common.domain.effect import Effect
from common.domain.flow_book import OpenFlow
from common.domain.letter import LETTER
from common.domain.permission import Permission
from common.domain.reasons import DropOut, FlowState
from common.domain.reassess import refusal


class Withdrawal(StrEnum):
    """Why a planned effect is not performed, beside the reasons for which a contact would drop out."""

    FLOW_ENDED = "flow_ended"
    CONTACT_FORGOTTEN = "contact_forgotten"
    PASSAGE_REMOVED = "passage_removed"
    """Its participant was removed by hand."""
    UNSENDABLE = "unsendable"
    """No message can be made of it: its content is gone or broken."""


@dataclass(frozen=True, slots=True)
class Send:
    """Nothing stands against it. `flow` is `None` where no flow sends it."""

    flow: OpenFlow | None
    contact: Contact


@dataclass(frozen=True, slots=True)
class Hold:
    """The flow is paused: it stays planned until the resume."""


@dataclass(frozen=True, slots=True)
class Await:
    """It goes to a contact, and the flow's sending window is closed: it stays planned until it opens."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Never to be performed; `text` says why to people."""

    reason: Withdrawal | DropOut
    text: str


Claimed = Send | Hold | Await | Withdraw

WORDS: dict[DropOut, str] = {
    DropOut.NO_CONSENT: "consent for e-marketing was withdrawn before it was sent",
    DropOut.NO_SUBSCRIPTION: "the contact had unsubscribed before it was sent",
    DropOut.NO_EMAIL: "the contact had no e-mail address any more",
    DropOut.EMAIL_BLOCKED: "the address had been blocked before it was sent",
}


def at_claim(
    effect: Effect,
    flow: OpenFlow | None,
    contact: Contact | None,
    now: datetime,
    *,
    blocked: bool,
    removed: bool = False,
) -> Claimed:
    """Whether a claimed effect may go out `now`. `flow` is as it stands, `None` when it is not open;
    `blocked` tells of the contact's address, `removed` that its participant is no more."""
    if not effect.flow and contact is not None:
        return of_no_flow(contact, blocked=blocked and effect.channel == LETTER)
    if flow is None or flow.run != effect.run:
        return Withdraw(Withdrawal.FLOW_ENDED, "the flow had ended before it was sent")
    if contact is None:
        return Withdraw(Withdrawal.CONTACT_FORGOTTEN, "the contact is not known any more")
    if removed:
        return Withdraw(Withdrawal.PASSAGE_REMOVED, "the participant had been removed before it was sent")
    if flow.state is FlowState.PAUSED:
        return Hold()
    if reason := refusal(effect.permission, flow.document, contact, blocked):
        return Withdraw(reason, WORDS.get(reason, reason.value))
    if effect.permission is not Permission.NONE and (opens := flow.opening(now)) > now:
        return Await(opens)
    return Send(flow, contact)


def of_no_flow(contact: Contact, *, blocked: bool) -> Claimed:
    """Whoever wrote to us is answered, unless the address refuses mail; an errand is run."""
    if blocked:
        return Withdraw(DropOut.EMAIL_BLOCKED, WORDS[DropOut.EMAIL_BLOCKED])
    return Send(None, contact)
