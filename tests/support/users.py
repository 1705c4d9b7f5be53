"""Users of the CRM without a database: a fixed few."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from common.adapters.beside import Beside
from common.adapters.colleagues import Colleagues
from common.domain.user import User
from common.messages.record import Record
from tests.support.flows import START


def a_user(user: str, **fields: Any) -> User:
    return User(id=user, created_at=START, updated_at=START, **{"name": f"User {user}"} | fields)


class FixedUsers:
    """`asked` counts the questions."""

    def __init__(self, users: Iterable[User] = ()) -> None:
        self.rows = {user.id: user for user in users}
        self.asked = 0

    async def many(self, ids: Iterable[str]) -> Mapping[str, User]:
        self.asked += 1
        return {each: self.rows[each] for each in ids if each in self.rows}

    async def of_groups(self, groups: Iterable[str]) -> Sequence[User]:
        wanted = set(groups)
        return [user for _, user in sorted(self.rows.items()) if user.group in wanted]


def colleagues(*users: User) -> Colleagues:
    return Colleagues(FixedUsers(users))


class FixedEvents:
    """An archive that holds these; `asked` counts the questions."""

    def __init__(self, events: Iterable[Record] = ()) -> None:
        self.rows = {event.id: event for event in events}
        self.asked = 0

    async def many(self, ids: Iterable[str]) -> dict[str, Record]:
        self.asked += 1
        return {each: self.rows[each] for each in ids if each in self.rows}

    async def last(self, contact: str, event_type: str) -> Record | None:
        self.asked += 1
        found = [row for row in self.rows.values() if (row.contact, row.type) == (contact, event_type)]
        return max(found, key=lambda row: row.time, default=None)


def beside(*users: User, events: Iterable[Record] = ()) -> Beside:
    return Beside(colleagues(*users), FixedEvents(events))
