"""The users to whom steps may give something: who of them is there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

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
    """Those whom open flows name, as they are known when it is decided. `turns`: how many each step that shares among
    them has given away in this partition, by its `turn_key`."""

    users: Collection[User] = ()
    turns: Mapping[str, int] = field(default_factory=dict)

    def turn(self, flow: str, step: str) -> int:
        """Whose turn it is at this step, as a number from 0 on."""
        return self.turns.get(turn_key(flow, step), 0)

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


def turn_key(flow: str, step: str) -> str:
    return f"{flow}:{step}"


def whose_turn(people: list[str], turn: int, partition: int) -> str:
    """One after the other. Partitions take turns by themselves, each beginning with another."""
    return people[(turn + partition) % len(people)]
