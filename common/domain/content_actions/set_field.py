"""Give a field of the contact, or of its company, a value."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from common.domain.contact import Company, ContactData, FieldValue
from common.domain.content_action import Action, Change, Consequence, actions

OTHERWISE = frozenset(
    {"selections", "projects", "interests", "subscriptions", "consents", "custom", "company"}
)
"""What is changed by actions of its own, by the contact itself, or part by part."""
FIELDS = frozenset(ContactData.model_fields) - OTHERWISE
COMPANY_FIELDS = frozenset(Company.model_fields) - {"id", "custom"}


@actions.register
class SetField(Action):
    """`field`: `category`, `company.country`, `custom.tier`, `company.custom.size`."""

    kind: Literal["set_field"] = "set_field"
    field: str = Field(min_length=1, max_length=190)
    value: FieldValue

    def does(self) -> Sequence[Consequence]:
        return (Change(self._patch),)

    def problems(self) -> Iterator[tuple[str, str]]:
        if not settable(self.field):
            yield (
                "field",
                f"{self.field!r} is no field to set; there are {', '.join(sorted(FIELDS))}, custom.<name>",
            )
            return
        try:
            ContactData.model_validate(self._patch)
        except ValidationError as error:
            yield "value", str(error.errors()[0]["msg"])

    @property
    def _patch(self) -> dict[str, Any]:
        patch: Any = self.value
        for name in reversed(self.field.split(".")):
            patch = {name: patch}
        return dict(patch)


def settable(field: str) -> bool:
    match field.split("."):
        case [name]:
            return name in FIELDS
        case ["company", name]:
            return name in COMPANY_FIELDS
        case ["custom", name] | ["company", "custom", name]:
            return bool(name) and not name.startswith("$")
        case _:
            return False
