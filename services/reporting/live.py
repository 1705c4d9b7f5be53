"""One flow's figures as they change, as server-sent events: for screens that stay open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic

from common.domain.figures import Figures, StepFigures
from common.domain.model import Model
from common.ports import Unavailable
from common.runtime.problems import Busy
from services.reporting.flow_reports import FlowReports

MOST_SCREENS = 100
"""That one process serves at a time."""
LONGEST_SECONDS = 900.0
"""After which a screen has to come again; browsers do so by themselves."""
RETRY_SECONDS = 30
STILL_SECONDS = 15.0
"""Without a change, a sign of life is sent, or the way may be given up."""


class LiveFigures(Model):
    """What is sent, in one event for each change."""

    figures: Figures
    steps: list[StepFigures]


class Live:
    """Asks every so many seconds, and tells what is new. `stopping`: the process is about to end."""

    def __init__(self, reader: FlowReports, stopping: Callable[[], bool]) -> None:
        self._reader = reader
        self._stopping = stopping
        self._screens = 0

    async def first(self, flow: str, run: int | None) -> LiveFigures:
        """As they stand now. Raises `NotFound`, and `Busy` where there are too many screens already."""
        if self._screens >= MOST_SCREENS:
            raise Busy("too many screens are open here", RETRY_SECONDS)
        return await self._read(flow, run)

    async def events(
        self, flow: str, run: int | None, first: LiveFigures, every: float
    ) -> AsyncIterator[str]:
        """The text of the events, until the time is over or nobody listens any more."""
        self._screens += 1
        try:
            yield event(first)
            shown, spoke, until = first, monotonic(), monotonic() + LONGEST_SECONDS
            while monotonic() < until and not self._stopping():
                await asyncio.sleep(every)
                now = await self._news(flow, run)
                if now is not None and now != shown:
                    shown, spoke = now, monotonic()
                    yield event(now)
                elif monotonic() - spoke >= STILL_SECONDS:
                    spoke = monotonic()
                    yield ": still here\n\n"
        finally:
            self._screens -= 1

    async def _news(self, flow: str, run: int | None) -> LiveFigures | None:
        """`None` while the database does not answer: what is shown stands, and the screen stays."""
        try:
            return await self._read(flow, run)
        except Unavailable:
            return None

    async def _read(self, flow: str, run: int | None) -> LiveFigures:
        figures, steps = await self._reader.standing(flow, run)
        return LiveFigures(figures=figures, steps=steps.steps)


def event(figures: LiveFigures) -> str:
    return f"event: figures\ndata: {figures.model_dump_json()}\n\n"
