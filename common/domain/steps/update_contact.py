"""Set, clear or rework fields of the contact and its company."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, FieldSerializationInfo, ValidationError, field_serializer

from common.domain.contact import Company, Contact, ContactData, TooManyValues
from common.domain.contact_changes import changed_fields, values
from common.domain.event import CONTACT_UPDATED
from common.domain.facts import reach
from common.domain.field_actions import AnyFieldAction
from common.domain.outcomes import ChangeContact, GoTo, Outcome, Perform
from common.domain.steps.step import Scene, Step, onward_with, steps

MEMBERSHIPS = frozenset({"selections", "projects"})
"""Fields that have steps of their own."""

CLEARABLE = frozenset(ContactData.model_fields) - MEMBERSHIPS - {"custom", "consents"}
CLEARABLE_IN_COMPANY = frozenset(Company.model_fields) - {"id", "custom"}


@steps.register
class UpdateContact(Step):
    """`set` gives new values, `clear` empties: `country`, `company.name`, `custom.tier`,
    `company.custom.size`. Then `actions` rework what is there, one after the other. Nothing is raised when nothing
    changes."""

    kind: Literal["update_contact"] = "update_contact"
    set: ContactData = ContactData()
    clear: tuple[str, ...] = Field(default=(), max_length=200)
    actions: tuple[AnyFieldAction, ...] = Field(default=(), max_length=50)

    @field_serializer("set")
    def what_was_given(self, value: ContactData, info: FieldSerializationInfo) -> dict[str, Any]:
        """Nothing else, or a stored step would come back as one that sets every field."""
        return value.model_dump(mode=info.mode, exclude_unset=True)

    def arrive(self, scene: Scene) -> Outcome:
        change = self._change_of(scene.contact)
        after = scene.contact.merge(change)
        left = []
        for action in self.actions:
            given = _reworked(after, action)
            kept = _kept(after, given)
            if kept is not None:
                change, after = _both(change, kept), after.merge(kept)
            elif given:
                left.append(action.field)
        acts = _acts(change, after, changed_fields(scene.contact, after))
        if not left:
            return onward_with(acts, scene.onward(self))
        if not acts:
            return GoTo(step=scene.onward(self), why={"left": left})
        return Perform(acts=acts, step=scene.onward(self), why={"left": left})

    def problems(self) -> Iterator[tuple[str, str]]:
        given = self.set.model_fields_set
        if not given and not self.clear and not self.actions:
            yield "set", "say which fields to set or to clear"
        for name in sorted(MEMBERSHIPS & given):
            yield f"set.{name}", "membership is changed by steps of its own"
        for name in self.clear:
            if not _clearable(name):
                yield "clear", f"there is no field {name!r} to clear"
        for number, action in enumerate(self.actions):
            for field, what in action.problems():
                yield f"actions[{number}].{field}", what

    def _change_of(self, contact: Contact) -> ContactData:
        """Clearing fields of a company does not make one up for those who have none."""
        if contact.company is None and "company" not in self.set.model_fields_set:
            given = self._change.model_fields_set - {"company"}
            return ContactData.model_validate({name: getattr(self._change, name) for name in given})
        return self._change

    @cached_property
    def _change(self) -> ContactData:
        given = self.set.model_dump(exclude_unset=True)
        for field in self.clear:
            *path, last = field.split(".")
            target = given
            for name in path:
                target[name] = target = target.get(name) or {}
            target[last] = _empty(field)
        return ContactData.model_validate(given)


def _reworked(contact: Contact, action: AnyFieldAction) -> dict[str, Any]:
    """The field that the action changes, with its new value; empty when it changes nothing."""
    if not action.on:
        return {}
    before = reach(contact, action.field)
    value = action.new(before)
    as_before = value == (type(value)() if before is None else before)
    of_no_company = contact.company is None and action.field.startswith("company.")
    if as_before or of_no_company:
        return {}
    *path, last = action.field.split(".")
    given: dict[str, Any] = {last: value}
    for name in reversed(path):
        given = {name: given}
    return given


def _kept(contact: Contact, given: dict[str, Any]) -> ContactData | None:
    """The change; `None` when there is none, or it can't be kept: no address, too long, too many."""
    if not given:
        return None
    try:
        change = ContactData.model_validate(given)
        contact.merge(change)
    except (ValidationError, TooManyValues):
        return None
    return change


def _both(one: ContactData, other: ContactData) -> ContactData:
    """The changes of both; where they meet, the other's."""
    return ContactData.model_validate(
        _merged(one.model_dump(exclude_unset=True), other.model_dump(exclude_unset=True))
    )


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for name, value in other.items():
        before = both.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            both[name] = _merged(before, value)
        else:
            both[name] = value
    return both


def _acts(change: ContactData, after: Contact, changed: tuple[str, ...]) -> tuple[ChangeContact, ...]:
    if not changed:
        return ()
    return (ChangeContact(change=change, raises=CONTACT_UPDATED, data=values(after, changed)),)


def _clearable(field: str) -> bool:
    match field.split("."):
        case [name]:
            return name in CLEARABLE
        case ["company", name]:
            return name in CLEARABLE_IN_COMPANY
        case ["custom", _] | ["company", "custom", _]:
            return True
        case _:
            return False


def _empty(field: str) -> Any:
    """The value of a field that was never set."""
    match field.split("."):
        case [name]:
            return ContactData.model_fields[name].get_default(call_default_factory=True)
        case ["company", name]:
            return Company.model_fields[name].get_default(call_default_factory=True)
        case _:
            return None
