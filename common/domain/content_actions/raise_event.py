"""Raise an event of one's own: what the CRM makes a request of, or runs a script for."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from common.domain.content_action import Action, Consequence, Raise, actions
from common.domain.event import BUILT_IN, RESERVED_PREFIX


@actions.register
class RaiseEvent(Action):
    """The event's data is `data`, with the form and its fields, or the link, beside."""

    kind: Literal["raise_event"] = "raise_event"
    type: str = Field(max_length=100, pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")
    data: dict[str, str] = Field(default_factory=dict, max_length=50)

    def does(self) -> Sequence[Consequence]:
        data: dict[str, Any] = dict(self.data)
        return (Raise(self.type, data),)

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.type in BUILT_IN or self.type.startswith(RESERVED_PREFIX):
            yield "type", f"{self.type} is an event of the engine's own; choose another type"
        if any(not name or name.startswith("$") or "." in name for name in self.data):
            yield "data", "names of data must not be empty, begin with $ or hold a dot"
