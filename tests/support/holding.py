"""Batches that wait between decision and commit, until they may go on."""

import asyncio

from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Batches, Commit, CommitResult, Committed


class HoldingBatches:
    """`reached` is set when a commit has come, `open` lets it pass; `outcomes` tells how commits ended."""

    def __init__(self, batches: Batches) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.outcomes: list[Committed] = []
        self._batches = batches

    async def commit(self, commit: Commit) -> CommitResult:
        self.reached.set()
        await self.open.wait()
        result = await self._batches.commit(commit)
        self.outcomes.append(result.outcome)
        return result

    async def rehearse(self, commit: Commit) -> Committed:
        return await self._batches.rehearse(commit)

    async def post_to_all(self, service: Service, record: Record) -> None:
        await self._batches.post_to_all(service, record)
