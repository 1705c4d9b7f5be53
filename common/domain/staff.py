"""The users to whom steps may give something: who of them is there."""

from collections.abc import Collection
from dataclasses import dataclass

from common.domain.ids import digest
from common.domain.user import User


@dataclass(frozen=True, slots=True)
class Named:
    """Whom steps name: users by their ids, and everybody in groups."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __or__(self, other: "Named") -> "Named":
        return Named(self.users | other.users, self.groups | other.groups)

    def __bool__(self) -> bool:
        return bool(self.users or self.groups)


@dataclass(frozen=True, slots=True)
class Staff:
    """Those whom open flows name, as they are known when it is decided."""

    users: Collection[User] = ()

    def available(self, named: Named) -> list[str]:
        """Who of these takes on something new, in the order of their ids."""
        return sorted(
            {
                user.id
                for user in self.users
                if user.available and (user.id in named.users or (user.group and user.group in named.groups))
            }
        )


NO_STAFF = Staff()


def drawn(people: list[str], *of: str) -> str:
    """One of these people, the same each time for the same `of`, and each as often as any other over many."""
    return people[int(digest("drawn", *of), 16) % len(people)]
