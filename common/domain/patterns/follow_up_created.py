"""A follow-up with the contact was created: a task or a meeting."""

from typing import ClassVar, Literal

from common.domain.event import FOLLOW_UP_CREATED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class FollowUpCreated(Pattern):
    kind: Literal["follow_up_created"] = "follow_up_created"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.CRITERION})

    @property
    def event_type(self) -> str:
        return FOLLOW_UP_CREATED
