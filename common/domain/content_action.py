"""What a form does when a submission is processed, and a tracked link when somebody follows it (domain.md §9).
What an action answers with is a closed set."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

from common.domain.kinds import Family
from common.domain.model import Model
from common.domain.patch import merged


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

    for_links: ClassVar[bool] = True
    """Whether a tracked link may do it; a form may do everything."""

    def does(self) -> Sequence[Consequence]:
        raise NotImplementedError

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with its settings: (field, what to do)."""
        yield from ()

    def selections(self) -> Sequence[str]:
        """The selections that it names."""
        return ()


actions: Family[Action] = Family("action")


def patch_of(chosen: Iterable[Action]) -> dict[str, Any]:
    """All that they change of the contact's own data."""
    patch: dict[str, Any] = {}
    for action in chosen:
        for each in action.does():
            if isinstance(each, Change):
                merged(patch, deepcopy(dict(each.patch)))
    return patch


def raised_by(chosen: Iterable[Action]) -> Iterator[Raise]:
    """The events that they raise, in their order."""
    return (each for action in chosen for each in action.does() if isinstance(each, Raise))


def problems_of(chosen: Sequence[Action], selections: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with them: (number, field, what to do). `selections`: those that there are."""
    known = frozenset(selections)
    for number, action in enumerate(chosen):
        for field, detail in action.problems():
            yield number, field, detail
        for selection in action.selections():
            if selection not in known:
                yield number, "selection", f"there is no selection {selection!r}"
