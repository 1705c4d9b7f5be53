"""The contact began a chat: as a trigger a chat started, as a success criterion a chat held."""

from typing import ClassVar, Literal

from common.domain.event import CHAT_STARTED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class ChatStarted(Pattern):
    kind: Literal["chat_started"] = "chat_started"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return CHAT_STARTED
