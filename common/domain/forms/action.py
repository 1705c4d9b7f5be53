"""What a form does when a submission is processed. What an action answers with is a closed set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.domain.kinds import Family
from common.domain.model import Model


@dataclass(frozen=True, slots=True)
class Change:
    """Data of a `contact.updated` event."""

    patch: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Raise:
    """An event about the contact."""

    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Respond:
    """A mail to whoever submitted, with merge tags in subject and text."""

    subject: str
    text: str


Consequence = Change | Raise | Respond


class Action(Model):
    kind: str

    def does(self) -> Sequence[Consequence]:
        raise NotImplementedError

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with its settings: (field, what to do)."""
        yield from ()

    def selections(self) -> Sequence[str]:
        """The selections that it names."""
        return ()


actions: Family[Action] = Family("action")
