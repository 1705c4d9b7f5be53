"""Users of the CRM without a database: a fixed few."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from common.adapters.colleagues import Colleagues
from common.domain.user import User
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
