"""What the services send to MongoDB while tests play an attacker: whether anything from outside has become more than
a value in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import monitoring

MARK = "hostile"
"""In everything that the attacker sends."""


class WatchedCommands(monitoring.CommandListener):
    """To be registered before the services connect. `found`: what must not be."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.seen = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        command = event.command
        self.seen += 1
        wrong = [*names(command), *(text for text in expressions(command))]
        self.found += [f"{event.command_name}: {each}" for each in wrong]

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to see."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to see."""


def names(value: Any) -> Iterator[str]:
    """Names of fields and operators that come from outside and are more than a plain name."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if MARK in name and ("$" in name or "\0" in name):
                yield name
            yield from names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from names(inner)


def expressions(command: Any) -> Iterator[str]:
    """Texts from outside that an aggregation would take for the name of a field."""
    for stage in command.get("pipeline", ()) if isinstance(command, Mapping) else ():
        yield from computed(stage)
    for update in command.get("updates", ()):
        if isinstance(update.get("u"), list):
            yield from computed(update["u"])


def computed(value: Any) -> Iterator[str]:
    match value:
        case str() if value.startswith("$") and MARK in value:
            yield value
        case Mapping():
            for name, inner in value.items():
                if name == "$match":
                    yield from computed(inner.get("$expr"))
                elif name != "$literal":
                    yield from computed(inner)
        case list() | tuple():
            for inner in value:
                yield from computed(inner)
