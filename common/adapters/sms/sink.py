"""A provider of text messages for trying out: takes every message, sends none, and keeps the last ones for a page."""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice


@dataclass(frozen=True, slots=True)
class KeptText:
    """A message as it came."""

    id: str
    to: str
    sender: str
    text: str
    segments: int


@dataclass(slots=True)
class SmsSink:
    """Knows repeats by their id, as real providers do. Keeps the last `kept.maxlen` messages."""

    kept: deque[KeptText] = field(default_factory=lambda: deque(maxlen=500))
    received: int = 0

    def take(self, message: KeptText) -> None:
        if all(each.id != message.id for each in self.kept):
            self.received += 1
            self.kept.append(message)

    def latest(self, limit: int = 100) -> list[KeptText]:
        """The newest first."""
        return list(islice(reversed(self.kept), limit))
