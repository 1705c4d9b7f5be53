"""A request of the contact came in."""

from typing import ClassVar, Literal

from common.domain.event import REQUEST_CREATED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class RequestCreated(Pattern):
    kind: Literal["request_created"] = "request_created"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return REQUEST_CREATED
