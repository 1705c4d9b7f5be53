"""The CRM's users."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.user import User, UserData


class Users(Protocol):
    """Who is there. Raises `Unavailable`."""

    async def many(self, ids: Iterable[str]) -> Mapping[str, User]:
        """Those that are known, by id."""
        ...

    async def of_groups(self, groups: Iterable[str]) -> Sequence[User]:
        """Everybody in any of these groups, in the order of their ids."""
        ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload came to; `changed` counts those that were there already."""

    created: int
    changed: int


class UserDesigns(Users, Protocol):
    """The studio's side of users."""

    async def get(self, user: str) -> User | None: ...

    async def page(self, *, group: str | None, after: str | None, limit: int) -> Sequence[User]:
        """In the order of their ids, behind `after`; of one group, or of all."""
        ...

    async def create(self, user: str, data: UserData, *, at: datetime) -> User | None:
        """`None` when there is one."""
        ...

    async def save(self, changed: User, *, read: int) -> bool:
        """Replace it if it still has the revision `read`."""
        ...

    async def upload(self, users: Mapping[str, UserData], *, at: datetime) -> Uploaded:
        """Create or change them; fields that are not given stay as they are."""
        ...

    async def remove(self, user: str) -> bool: ...
