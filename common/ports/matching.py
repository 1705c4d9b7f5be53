"""Who may match an event, told before the conditions themselves are asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from common.domain.facts import Facts
from common.domain.flow_book import Candidates, FlowBook


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, as far as flows' conditions ask of it."""

    type: str
    facts: Facts


class Matcher(Protocol):
    """Narrows down, for a batch of events, whose triggers, success criteria and waits may match. It only ever
    leaves out listeners whose conditions don't hold; who is left is asked by the flow book, or by the success
    service."""

    def wants(self, book: FlowBook) -> bool:
        """Whether asking is worth while with these flows, now."""
        ...

    async def candidates(self, book: FlowBook, events: Sequence[Happening]) -> Sequence[Candidates]:
        """One answer an event. Never raises for trouble of its own: it then leaves nobody out."""
        ...

    async def close(self) -> None: ...
