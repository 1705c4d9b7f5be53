"""The flow book of this process, read again when a partition's epoch says that it is behind."""

import asyncio
from collections.abc import Iterable

import structlog

from common.domain.flow_book import FlowBook, OpenFlow
from common.domain.reasons import FlowState
from common.ports import Flows

log = structlog.get_logger()

FLOW_UNREADABLE = "flow.unreadable"
VERSIONS_KEPT = 1000

VersionKey = tuple[str, int, int]


class FlowCache:
    """Shared by all partitions of a process. The fence makes staleness harmless: a batch decided by an old book
    can't be committed."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows
        self._book: FlowBook | None = None
        self._versions: dict[VersionKey, OpenFlow] = {}
        self._lock = asyncio.Lock()

    async def book(self, at_least: int = 0) -> FlowBook:
        """The running and paused flows, as of this epoch or later."""
        async with self._lock:
            if self._book is None or self._book.epoch < at_least:
                self._book = await self._flows.book()
                for flow in self.unreadable:
                    log.error(
                        FLOW_UNREADABLE, flow=flow.id, flow_version=flow.version.version, why=flow.unreadable
                    )
            return self._book

    @property
    def unreadable(self) -> list[OpenFlow]:
        """The open flows that stand still, since this release can't read them."""
        return [flow for flow in self._book or () if flow.unreadable is not None]

    async def versions(self, named: Iterable[VersionKey]) -> dict[VersionKey, OpenFlow]:
        """These (flow, version, run); those that don't exist are left out."""
        found = {key: await self.version(*key) for key in set(named)}
        return {key: flow for key, flow in found.items() if flow is not None}

    async def version(self, flow: str, version: int, run: int) -> OpenFlow | None:
        """A frozen version by itself, whatever the flow does now; `None` when it was deleted."""
        key = (flow, version, run)
        if key not in self._versions:
            frozen = await self._flows.version(flow, version)
            if frozen is None:
                return None
            if len(self._versions) >= VERSIONS_KEPT:
                del self._versions[next(iter(self._versions))]
            self._versions[key] = OpenFlow(id=flow, state=FlowState.RUNNING, run=run, version=frozen)
        return self._versions[key]
