"""What follows from a record besides decisions: how messages fare, and what contacts order and buy after they came
in."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from common.domain.contact_events import by_bot
from common.domain.effect import Effect
from common.domain.event import (
    LINK_CLICKED,
    MAIL_BOUNCED,
    MAIL_COMPLAINED,
    MAIL_OPENED,
    ORDER_PLACED,
    SALE_CREATED,
    SALE_LOST,
    SALE_SOLD,
    SMS_REPORTED,
)
from common.domain.participant import Participant
from common.messages.happened import (
    Earning,
    Engagement,
    Fate,
    Happened,
    MessageEngaged,
    MessageFared,
    RevenueFollowed,
)
from common.messages.record import Record
from common.messages.reported import SmsStatus

FOLLOWS = timedelta(days=365)
"""How long after an enrolment orders and sales are told of."""

EARNINGS = {
    ORDER_PLACED: Earning.ORDER,
    SALE_CREATED: Earning.SALE_CREATED,
    SALE_SOLD: Earning.SALE_SOLD,
    SALE_LOST: Earning.SALE_LOST,
}
ENGAGEMENTS = {MAIL_OPENED: Engagement.OPEN, LINK_CLICKED: Engagement.CLICK}
FATES = {MAIL_BOUNCED: Fate.BOUNCED, MAIL_COMPLAINED: Fate.COMPLAINED}
SMS_FATES = {SmsStatus.DELIVERED: Fate.DELIVERED, SmsStatus.FAILED: Fate.BOUNCED}
ABOUT_MESSAGES = frozenset({*ENGAGEMENTS, *FATES, SMS_REPORTED})
ABOUT = ("flow", "run", "version", "participant", "channel", "step", "content")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
CURRENCY = re.compile(r"[A-Za-z]{3}")


def of_message(record: Record, effect: Effect) -> Happened | None:
    """What a record tells of a message; `None`: it is another contact's, or no flow's."""
    if effect.contact != record.contact or not effect.participant:
        return None
    about = {name: getattr(effect, name) for name in ABOUT}
    if kind := ENGAGEMENTS.get(record.type):
        bot = by_bot(record.type, record.data)
        return MessageEngaged(
            **about, effect=effect.id, kind=kind, link=link_of(record.data.get("link")), bot=bot
        )
    if record.type == SMS_REPORTED:
        return MessageFared(**about, effect=effect.id, fate=SMS_FATES[SmsStatus(record.data["status"])])
    return MessageFared(**about, effect=effect.id, fate=FATES[record.type])


def earned(record: Record, passages: Iterable[Participant]) -> Iterator[RevenueFollowed]:
    """One for each passage that began before the order or sale, and not more than a year before."""
    kind = EARNINGS[record.type]
    for passage in passages:
        if follows(record.time, passage.enrolled_at):
            yield RevenueFollowed(
                flow=passage.flow,
                run=passage.run,
                version=passage.version,
                participant=passage.id,
                event=record.id,
                kind=kind,
                amount=number(record.data.get("amount")),
                currency=currency(record.data.get("currency")),
                enrolled_at=passage.enrolled_at,
            )


def follows(at: datetime, enrolled_at: datetime) -> bool:
    """Whether what came then counts for who was enrolled then; what comes at the same instant does not."""
    return timedelta() < at - enrolled_at <= FOLLOWS


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def link_of(value: Any) -> str | None:
    """The name of a link, as authors give it; free words are not kept."""
    return value if isinstance(value, str) and NAME.fullmatch(value) else None


def currency(value: Any) -> str:
    """As ISO 4217 has it; free words are not kept."""
    return value.upper() if isinstance(value, str) and CURRENCY.fullmatch(value) else ""
