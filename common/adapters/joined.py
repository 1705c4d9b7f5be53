"""One look for all who ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Joined(Generic[Found]):
    """Each asks for one thing by its id; those who ask in the same turn of the event loop are answered by one call of
    `look`, whose errors all of them get."""

    def __init__(self, look: Callable[[Iterable[str]], Awaitable[Mapping[str, Found]]]) -> None:
        self._look = look
        self._wanted: set[str] = set()
        self._looking: asyncio.Task[Mapping[str, Found]] | None = None

    async def one(self, wanted: str) -> Found | None:
        """What is found under this id."""
        self._wanted.add(wanted)
        if self._looking is None:
            self._looking = asyncio.create_task(self._all())
        # Who gives up does not take the answer from the others.
        return (await asyncio.shield(self._looking)).get(wanted)

    async def _all(self) -> Mapping[str, Found]:
        """Begins when everybody has asked who was about to."""
        wanted, self._wanted, self._looking = self._wanted, set(), None
        return await self._look(wanted)
