"""Whose a submission is: decided at once, or left to a person (domain.md §9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.domain.forms.form import Processing


@dataclass(frozen=True, slots=True)
class Known:
    """This contact's."""

    contact: str


@dataclass(frozen=True, slots=True)
class New:
    """Somebody's whom the form creates."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A person has to say; `suggested` is who comes first to mind."""

    suggested: str | None


Whose = Known | New | Ask


def whose(
    processing: Processing, opened_by: str | None, matches: Sequence[str], *, has_address: bool
) -> Whose:
    """`opened_by`: whose mail led to the form, if the address that was given does not speak against it;
    `matches`: who has that address. Of several nobody is guessed."""
    found = [opened_by] if opened_by is not None else list(matches)
    if processing is Processing.MANUAL or len(found) > 1:
        return Ask(found[0] if found else None)
    if found:
        return Known(found[0])
    return New() if processing is Processing.AUTOMATIC and has_address else Ask(None)
