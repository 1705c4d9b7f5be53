"""A message was added to a request of the contact."""

from typing import ClassVar, Literal

from common.domain.event import REQUEST_MESSAGE_ADDED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class RequestMessageAdded(Pattern):
    kind: Literal["request_message_added"] = "request_message_added"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER})

    @property
    def event_type(self) -> str:
        return REQUEST_MESSAGE_ADDED
