"""Sales, requests and follow-ups as the built-in CRM keeps them, and the events that they raise (domain.md §6)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from common.domain.crm_act import Currency, Listed, Text, Title
from common.domain.event import FOLLOW_UP_CREATED, REQUEST_CREATED, SALE_CREATED, SALE_LOST, SALE_SOLD
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.user import UserId


class CrmRecord(Model):
    """`id` is the effect's that made it, `revision` counts its changes. `erased`: its contact was forgotten, and what
    was said of it is gone."""

    v: int = 1
    id: str
    contact: str
    company: str | None = None
    owner: str | None = None
    flow: str
    created_at: Instant
    erased: bool = False
    revision: int = 1

    raises: ClassVar[str]
    named: ClassVar[str]
    """What conditions call it: `event.sale`."""
    told: ClassVar[Mapping[str, str]]
    """Its fields that the event tells, by their names there."""

    def tells(self, before: Self) -> str:
        """The type of the event that a change from what was before raises."""
        return f"{self.named}.updated"

    def event(self) -> dict[str, Any]:
        """The data of the event that it raises."""
        data = {self.named: self.id, "company": self.company, "owner": self.owner}
        data |= {name: getattr(self, ours) for name, ours in self.told.items()}
        return {name: value for name, value in data.items() if value not in (None, "")}


class Request(CrmRecord):
    title: str = ""
    type: str | None = None
    status: str | None = None
    category: str | None = None
    priority: str | None = None
    message: str = ""

    raises: ClassVar[str] = REQUEST_CREATED
    named: ClassVar[str] = "request"
    told: ClassVar[Mapping[str, str]] = {
        name: name for name in ("title", "type", "status", "category", "priority")
    }


class Sale(CrmRecord):
    """`status`: `open`, `sold`, `lost` or `stalled`."""

    title: str = ""
    type: str | None = None
    stage: str | None = None
    status: str = "open"
    amount: float | None = None
    currency: str | None = None
    description: str = ""
    project: str | None = None
    date: Instant | None = None

    def tells(self, before: Self) -> str:
        ended = {"sold": SALE_SOLD, "lost": SALE_LOST}.get(self.status)
        return ended if ended and self.status != before.status else super().tells(before)

    raises: ClassVar[str] = SALE_CREATED
    named: ClassVar[str] = "sale"
    told: ClassVar[Mapping[str, str]] = {"heading": "title"} | {
        name: name for name in ("type", "stage", "status", "amount", "currency", "project", "date")
    }


class FollowUp(CrmRecord):
    """A task that is due at `begins`, or a meeting from `begins` to `ends`; in a `free` one its owner can be met."""

    title: str = ""
    type: str | None = None
    meeting: bool = False
    begins: Instant
    ends: Instant
    free: bool = False
    project: str | None = None
    agenda: str = ""

    raises: ClassVar[str] = FOLLOW_UP_CREATED
    named: ClassVar[str] = "follow_up"
    told: ClassVar[Mapping[str, str]] = {
        name: name for name in ("title", "type", "meeting", "begins", "ends", "project")
    }


class SaleChange(Model):
    """What a person changes of a sale; fields not given stay as they are."""

    title: Title = ""
    type: Listed | None = None
    stage: Listed | None = None
    status: Literal["open", "sold", "lost", "stalled"] = "open"
    amount: float | None = Field(default=None, allow_inf_nan=False)
    currency: Currency | None = None
    description: Text = ""
    project: str | None = Field(default=None, max_length=100)
    date: Instant | None = None
    owner: UserId | None = None


class RequestChange(Model):
    """The same of a request."""

    title: Title = ""
    type: Listed | None = None
    status: Listed | None = None
    category: Listed | None = None
    priority: Listed | None = None
    owner: UserId | None = None
