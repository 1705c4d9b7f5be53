"""How a message fares with the contact that it was meant for: one word a message (domain.md §9)."""

from enum import StrEnum

from common.domain.effect import Effect, EffectState
from common.domain.permission import Permission
from common.domain.reasons import DropOut


class RecipientStatus(StrEnum):
    """In the order in which one may follow another; none goes back."""

    READY = "ready"
    SOFT_BOUNCED = "soft_bounced"
    """Refused for now; it is tried again."""
    SENT = "sent"
    DELIVERED = "delivered"
    """Told by the provider of a text message."""
    BOUNCED = "bounced"
    TOO_MANY_BOUNCES = "too_many_bounces"
    """Not sent: the address had bounced too often, or for good."""
    BLOCKED = "blocked"
    """Not sent: the contact gets no mailings."""
    DUPLICATE = "duplicate"
    """Not sent: the address got it through another contact."""
    NO_SUBSCRIPTION = "no_subscription"
    """Not sent: consent or subscription were gone."""
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"


ORDER = tuple(RecipientStatus)

WITHDRAWN: dict[str, RecipientStatus] = {
    DropOut.EMAIL_BLOCKED: RecipientStatus.TOO_MANY_BOUNCES,
    DropOut.EMAIL_IN_USE: RecipientStatus.DUPLICATE,
    DropOut.NO_CONSENT: RecipientStatus.NO_SUBSCRIPTION,
    DropOut.NO_SUBSCRIPTION: RecipientStatus.NO_SUBSCRIPTION,
}


def before(status: RecipientStatus) -> tuple[RecipientStatus, ...]:
    """Those that this one may take the place of."""
    return ORDER[: ORDER.index(status)]


def settled_status(state: EffectState, reason: str | None, *, no_mailing: bool) -> RecipientStatus | None:
    """What a settled message is to its recipient. `reason`: why it was withdrawn, as a closed word; `no_mailing`:
    the contact's flag. `None`: it never came to the recipient's part, or nobody knows."""
    if state is EffectState.DONE:
        return RecipientStatus.SENT
    if state is EffectState.FAILED:
        return RecipientStatus.BOUNCED
    if state is not EffectState.WITHDRAWN:
        return None
    if reason == DropOut.EMAIL_BLOCKED and no_mailing:
        return RecipientStatus.BLOCKED
    return WITHDRAWN.get(reason or "")


def recipient_status(effect: Effect) -> RecipientStatus | None:
    """As it stands; `None` for what never came to the recipient's part, for a doubt, and for what goes elsewhere."""
    if effect.permission is Permission.NONE:
        return None
    if effect.recipient is not None:
        return RecipientStatus(effect.recipient)
    if effect.state in (EffectState.PLANNED, EffectState.CLAIMED, EffectState.SENDING):
        return RecipientStatus.SOFT_BOUNCED if effect.attempts and effect.reason else RecipientStatus.READY
    return settled_status(effect.state, None, no_mailing=False)
