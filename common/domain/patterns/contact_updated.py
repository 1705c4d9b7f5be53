"""The contact's data changed, other than by import or bulk update."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from common.domain.conditions import AnyLine, Criteria, fields
from common.domain.conditions.field_names import check_field
from common.domain.conditions.list import ListLine, ListOp
from common.domain.event import CONTACT_UPDATED
from common.domain.patterns.pattern import Pattern, Role, patterns


def _contact_field(name: str) -> str:
    parts = name.split(".")
    if parts[0] != "consents":
        check_field(f"contact.{name}")
    elif len(parts) != 2 or not parts[1]:
        raise ValueError(
            "a consent changes as a whole: write consents.<purpose>, such as consents.e_marketing"
        )
    return name


ContactField = Annotated[str, Field(min_length=1, max_length=190), AfterValidator(_contact_field)]
"""As `changed_fields` names them: `category`, `custom.tier`, `company.name`, `consents.e_marketing`."""


@patterns.register
class ContactUpdated(Pattern):
    """`changed` narrows it to events that changed one of these fields (the fact `event.changed`).

    With conditions on nothing but the contact itself, it tells what the contact is, and not that it changed:
    as a success criterion it may then be met at enrolment already (domain.md §5).
    """

    kind: Literal["contact_updated"] = "contact_updated"
    changed: list[ContactField] = Field(default_factory=list, max_length=100)

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return CONTACT_UPDATED

    @property
    def state(self) -> Criteria | None:
        narrowed = not self.changed and bool(fields(self.conditions))
        return self.conditions if narrowed and self._asks_of_contact_alone() else None

    @property
    def implied(self) -> tuple[AnyLine, ...]:
        if not self.changed:
            return ()
        return (ListLine(field="event.changed", op=ListOp.ONE_OF, value=self.changed),)
