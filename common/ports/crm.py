"""The CRM, in which flows have things done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from common.domain.contact import Contact
from common.domain.crm_act import AnyAct
from common.domain.crm_record import CrmRecord, FollowUp, Request, Sale
from common.domain.delivery import Delivery

Kept = TypeVar("Kept", bound=CrmRecord)


@dataclass(frozen=True, slots=True)
class Deed:
    """An act that is due, its texts filled. `id` is the same at each repeat; `now` is business time; `cause` and
    `depth` are those of the event that it leads to."""

    id: str
    act: AnyAct
    contact: Contact
    flow: str
    now: datetime
    cause: str | None = None
    depth: int = 0


class Crm(Protocol):
    """Does what flows ask for. `knows_repeats`: the same deed again is done once, so that no answer is as good as a
    refusal for now; else it is a doubt that a person has to settle."""

    knows_repeats: bool
    timeout: float
    """Hard limit of one deed, in seconds."""

    async def perform(self, deed: Deed) -> Delivery:
        """`Delivered`: it is done. `Refused` for good: it can't be done as it was asked for; for now: it may be
        another time. `Unreached`: nothing has left. `Uncertain`: it may have been done. Raises nothing expected.
        """
        ...


class CrmPeople(Protocol):
    """Contacts that were not told of by the CRM, and have another id there than here. Raises `Unavailable`."""

    async def there(self, contacts: Iterable[str]) -> Mapping[str, str]:
        """By our id, the CRM's; those of whom nothing is known are left out."""
        ...

    async def here(self, keys: Iterable[str]) -> Mapping[str, str]:
        """By the CRM's id, ours."""
        ...

    async def note(self, contact: str, key: str) -> None:
        """What was noted first stays."""
        ...


class CrmRecords(Protocol):
    """What the built-in CRM keeps, for readers. Raises `Unavailable`."""

    async def sales(self, *, contact: str | None, after: str | None, limit: int) -> Sequence[Sale]:
        """One page, in the order of their ids, behind `after`; of one contact, or of all."""
        ...

    async def requests(self, *, contact: str | None, after: str | None, limit: int) -> Sequence[Request]: ...

    async def follow_ups(
        self, *, contact: str | None, after: str | None, limit: int
    ) -> Sequence[FollowUp]: ...


class CrmChanges(CrmRecords, Protocol):
    """What people change of them, too. Raises `Unavailable`."""

    async def change(self, kind: type[Kept], key: str, changes: Mapping[str, Any]) -> Kept | None:
        """The record with these fields; `None` where there is none, or its contact was forgotten. The event that it
        raises is on the road then."""
        ...
