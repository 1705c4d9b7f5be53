"""An event of the CRM's, or of anyone's, own making, by its name."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from common.domain.event import BUILT_IN, RESERVED_PREFIX
from common.domain.patterns.pattern import Pattern, Role, patterns


def _not_taken(name: str) -> str:
    if name in BUILT_IN:
        raise ValueError(f"{name!r} is built in and has a kind of its own; use that instead of custom_event")
    if name.startswith(RESERVED_PREFIX):
        raise ValueError(f"names that begin with {RESERVED_PREFIX!r} are the engine's own")
    return name


EventName = Annotated[
    str, Field(max_length=100, pattern=r"^([a-z0-9_-]+(\.[a-z0-9_-]+)*)?$"), AfterValidator(_not_taken)
]
"""Dotted words in lower case: `trial.started`. It is the event's type; empty only in drafts."""


@patterns.register
class CustomEvent(Pattern):
    kind: Literal["custom_event"] = "custom_event"
    name: EventName = ""

    roles: ClassVar[frozenset[Role]] = frozenset(Role)

    @property
    def event_type(self) -> str:
        return self.name

    @property
    def slot(self) -> str:
        return self.named_slot(self.name)

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.name:
            yield "name", "say which event, by its name"
