"""A contact came into being, by any way but an import."""

from typing import ClassVar, Literal

from common.domain.event import CONTACT_CREATED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class ContactCreated(Pattern):
    kind: Literal["contact_created"] = "contact_created"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER})

    @property
    def event_type(self) -> str:
        return CONTACT_CREATED
