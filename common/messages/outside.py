"""What other systems hear of: the facts of the road as CloudEvents 1.0 in structured mode, one message each.

Anything that changes their shape in a way that a reader could notice needs a new version of the fact's type.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from common.domain.instant import Instant
from common.domain.model import Model
from common.messages.happened import from_record
from common.messages.record import Record

EXCHANGE = "headrace.events"
"""A durable topic exchange; the routing key is the event's type."""

CONTENT_TYPE = "application/cloudevents+json"

Traceparent = Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]


class OutsideEvent(Model):
    """One thing that happened. It may come more than once, always under the same `id`."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(description="Names what happened; the same id again is a repeat.")
    source: str
    type: str
    subject: str | None = Field(default=None, description="The contact's id in the CRM.")
    time: Instant = Field(description="Business time at which it happened.")
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: Traceparent | None = Field(default=None, description="Where the cause is traced (W3C).")
    data: dict[str, Any]


def to_outside(record: Record) -> OutsideEvent:
    """A fact on the road as others hear of it; raises `ValidationError` for what is none."""
    fact = from_record(record)
    return OutsideEvent(
        id=record.id,
        source=record.source,
        type=fact.type,
        subject=record.contact,
        time=record.time,
        traceparent=record.trace,
        data=fact.model_dump(mode="json", exclude={"type"}, exclude_none=True),
    )
