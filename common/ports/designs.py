"""What people design: flows, contents, selections, keys."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.access import ApiKey
from common.domain.caps import Caps, StoredCaps
from common.domain.conditions import ANYONE, Asker
from common.domain.contact import Contact
from common.domain.content import ContentVersion, EmailContent
from common.domain.flow import Flow, FlowVersion, StoredFlow
from common.domain.flow_book import FlowBook
from common.domain.project import Project, ProjectData
from common.domain.reasons import FlowState
from common.domain.selection import Selection, SelectionData
from common.domain.sender_domains import SenderDomains, StoredSenderDomains
from common.domain.subscription_type import SubscriptionType, SubscriptionTypeData
from common.domain.visibility import Viewer


class Flows(Protocol):
    """Flows and their frozen versions."""

    async def book(self) -> FlowBook:
        """All running and paused flows, compiled, with the highest epoch among all flows."""
        ...

    async def epoch(self) -> int: ...
    async def get(self, flow: str) -> StoredFlow | None: ...
    async def version(self, flow: str, version: int) -> FlowVersion | None: ...


@dataclass(frozen=True, slots=True)
class FlowSummary:
    """One line in a list of flows."""

    id: str
    name: str
    description: str
    folder: str
    owner: str
    state: FlowState
    version: int
    run: int
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One line in a list of a flow's versions."""

    version: int
    name: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class UnfinishedAct:
    """A life-cycle act that is committed, but not known to have reached every partition.

    `announce`: the type of the record that the executor's partitions still need, if any.
    """

    flow: str
    run: int
    epoch: int
    announce: str | None


ActAt = Callable[[int], tuple[StoredFlow, FlowVersion | None]]
"""Given the act's epoch: the flow after it, and the version that it froze."""


class FlowDesigns(Flows, Protocol):
    """The studio's side of flows. What changes one compares its revision; `None` and `False` mean: outrun."""

    async def create(self, flow: str, draft: Flow, *, at: datetime, by: str) -> StoredFlow | None:
        """`None` when there is one. A deleted flow's id may be used again; its counts go on."""
        ...

    async def save(self, stored: StoredFlow, *, read: int) -> bool:
        """Replace the flow if it still has the revision `read`."""
        ...

    async def act(self, before: StoredFlow, change: ActAt, announce: str | None) -> StoredFlow | None:
        """A life-cycle act in one transaction, under the next epoch; unfinished until `finish`."""
        ...

    async def unfinished(self, *, older: float = 0, flow: str | None = None) -> Sequence[UnfinishedAct]:
        """Acts (of one flow, or all) that were committed more than so many seconds ago and never finished."""
        ...

    async def finish(self, act: UnfinishedAct) -> None: ...

    async def delete(self, stored: StoredFlow) -> bool: ...

    async def search(
        self,
        *,
        text: str = "",
        state: FlowState | None = None,
        after: str | None = None,
        limit: int = 50,
        viewer: Viewer | None = None,
    ) -> Sequence[FlowSummary]:
        """One page in the order of ids, behind `after`; `text` is looked for in id, name and description; only what
        the `viewer` sees, if one is given."""
        ...

    async def ids(self) -> set[str]: ...

    async def running_with(self, content: str) -> Sequence[str]:
        """The running flows whose frozen version uses this content."""
        ...

    async def naming(self, content: str) -> Sequence[str]:
        """The flows that name this content: in their draft, or in the version under which they are open."""
        ...


class Contents(Protocol):
    """Contents, immutable by version; the highest is the one that the next run freezes."""

    async def version(self, content: str, version: int) -> ContentVersion | None: ...
    async def latest(self, content: str) -> ContentVersion | None: ...
    async def heads(self) -> dict[str, int]:
        """Every content's highest version."""
        ...

    async def naming(self, form: str, ids: Collection[tuple[str, int]]) -> Sequence[tuple[str, int]]:
        """Which of these (content, version) lead to the form."""
        ...

    async def with_links(self, links: Collection[str]) -> Mapping[str, Collection[str]]:
        """By link, the contents whose newest versions have it; of links that none has, nothing."""
        ...

    async def acting(self, link: str) -> Sequence[ContentVersion]:
        """The newest versions of contents in which the link of this name has actions."""
        ...

    async def add(
        self, content: str, version: int, body: EmailContent, *, at: datetime
    ) -> ContentVersion | None:
        """`None` when that version is there already."""
        ...

    async def fresh(self, content: str) -> int | None:
        """Under which version a content of this name may begin; `None`: there is one. Those of a deleted content are
        not used again."""
        ...

    async def delete(self, content: str, version: int, *, at: datetime) -> bool:
        """Gone for authors, if this is its newest version; what was sent of it can be read by version still."""
        ...


class Selections(Protocol):
    """Selections by name; who is on them is a field of the contact."""

    async def get(self, selection: str) -> Selection | None: ...
    async def all(self) -> Sequence[Selection]: ...
    async def create(self, selection: str, data: SelectionData, *, at: datetime) -> Selection | None:
        """`None` when there is one."""
        ...

    async def save(self, selection: Selection, *, read: int) -> bool:
        """Replace it if it still has the revision `read`."""
        ...


class Projects(Protocol):
    """Projects by name; who is on them is a field of the contact."""

    async def get(self, project: str) -> Project | None: ...
    async def all(self) -> Sequence[Project]: ...
    async def known(self, projects: Collection[str]) -> set[str]:
        """Those of these that were named here, or that a contact is on: a CRM may know more than we were told."""
        ...

    async def create(self, project: str, data: ProjectData, *, at: datetime) -> Project | None:
        """`None` when there is one."""
        ...

    async def save(self, project: Project, *, read: int) -> bool:
        """Replace it if it still has the revision `read`."""
        ...


class CapDesigns(Protocol):
    """The frequency caps of the installation."""

    async def all(self) -> StoredCaps: ...
    async def replace(self, caps: Caps, *, read: int, at: datetime) -> StoredCaps | None:
        """Set them anew if they still have the revision `read`; `None`: they have not."""
        ...


class SenderDomainDesigns(Protocol):
    """The domains from which mail may be sent."""

    async def all(self) -> StoredSenderDomains: ...
    async def replace(self, wanted: SenderDomains, *, read: int, at: datetime) -> StoredSenderDomains | None:
        """Set them anew if they still have the revision `read`; `None`: they have not."""
        ...


class SubscriptionTypes(Protocol):
    """What contacts can subscribe to; who has is a field of the contact. Raises `Unavailable`."""

    async def all(self) -> Sequence[SubscriptionType]:
        """In the order of their ids."""
        ...


class SubscriptionTypeDesigns(SubscriptionTypes, Protocol):
    """The studio's side of them."""

    async def get(self, name: str) -> SubscriptionType | None: ...
    async def create(self, name: str, data: SubscriptionTypeData, *, at: datetime) -> SubscriptionType | None:
        """`None` when there is one."""
        ...

    async def save(self, changed: SubscriptionType, *, read: int) -> bool:
        """Replace it if it still has the revision `read`."""
        ...

    async def remove(self, name: str) -> bool:
        """Off the list; contacts keep what they have subscribed to."""
        ...


class Selected(Protocol):
    """Who is on a selection now. Raises `Unavailable`."""

    async def count(self, selection: Selection, now: datetime, asker: Asker = ANYONE) -> int | None:
        """`None` when that takes too long to find out."""
        ...

    async def page(
        self, selection: Selection, now: datetime, *, after: str | None, limit: int
    ) -> Sequence[Contact]:
        """In the order of their ids, behind `after`."""
        ...


class Keys(Protocol):
    """API keys, found by the SHA-256 of their secret."""

    async def find(self, sha256: str) -> ApiKey | None: ...
    async def all(self) -> Sequence[ApiKey]: ...
    async def add(self, key: ApiKey) -> None: ...
    async def remove(self, key: str) -> bool: ...
