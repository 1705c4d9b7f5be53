"""What a form does when a submission is processed, and a tracked link when somebody follows it (domain.md §9).
What an action answers with is a closed set."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

from common.domain.errand import ACT, IN_DAYS
from common.domain.kinds import Family
from common.domain.model import Model
from common.domain.patch import merged

Lint = Callable[[str], Iterable[str]]


def no_complaint(text: str) -> Iterable[str]:
    return ()


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


@dataclass(frozen=True, slots=True)
class Want:
    """Something to be done in the CRM: `act` as it is kept in the ledger. `each_time`: whenever the form is submitted
    or the link is followed, else once for each contact. `in_days`: when what it makes begins."""

    act: Mapping[str, Any]
    each_time: bool = False
    in_days: int | None = None

    def data(self) -> dict[str, Any]:
        """Of the operation that asks for it."""
        return {ACT: dict(self.act)} | ({} if self.in_days is None else {IN_DAYS: self.in_days})


Consequence = Change | Raise | Respond | Want


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

    def projects(self) -> Sequence[str]:
        """The projects that it names."""
        return ()

    def texts(self) -> Sequence[tuple[str, str]]:
        """What may hold merge tags over the contact, the event and its fields: (field, text)."""
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


def wanted_by(chosen: Iterable[Action]) -> Iterator[Want]:
    """What they want done in the CRM, in their order."""
    return (each for action in chosen for each in action.does() if isinstance(each, Want))


def projects_of(chosen: Iterable[Action]) -> set[str]:
    """The projects that they name."""
    return {project for action in chosen for project in action.projects()}


def problems_of(
    chosen: Sequence[Action], selections: Iterable[str], lint: Lint, projects: Iterable[str] | None = None
) -> Iterator[tuple[int, str, str]]:
    """What is wrong with them: (number, field, what to do). `selections` and `projects`: those that there are, `None`
    where nobody has looked; `lint`: what is wrong with the merge tags of a text."""
    known = frozenset(selections)
    known_projects = projects_of(chosen) if projects is None else frozenset(projects)
    for number, action in enumerate(chosen):
        for field, detail in action.problems():
            yield number, field, detail
        for selection in action.selections():
            if selection not in known:
                yield number, "selection", f"there is no selection {selection!r}"
        for project in action.projects():
            if project not in known_projects:
                yield number, "project", f"there is no project {project!r}"
        for field, text in action.texts():
            for wrong in lint(text):
                yield number, field, wrong
