"""Do reports equal the truth? Facts are worked out anew, contact by contact; then counts from facts, flow by flow.

Nothing stands still for it: each look is short, and of one moment, and what differs is looked at once more. What is
missing is told to reporting once more, as if by the executor; counts are put right by what they are off, so that
their owners may go on adding, and readers see them jump to what is right.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from common.adapters.mongo.client import Database
from common.adapters.mongo.report_counts import MongoReportCounts
from common.adapters.mongo.report_truth import MongoReportTruth
from common.messages.topology import Service
from common.ports import Batches, Commit
from services.reporting.look import FactsChecked, Look
from services.reporting.pieces import CountsChecked, FlowCounts
from services.reporting.seen_steps import StepsChecked, check_steps
from services.reporting.strays import TableChecked, strays
from services.reporting.versions import Versions

AT_ONCE = 200
"""Contacts of one look."""


@dataclass(frozen=True, slots=True)
class Begun:
    """How much there is to do: every partition's facts, every table, and these flows."""

    partitions: int
    flows: Sequence[str]

    @property
    def good(self) -> bool:
        return True


Checked = Begun | FactsChecked | TableChecked | CountsChecked | StepsChecked


class Verification:
    """`versions`: they are only read, so what is missing of them is not mended in passing."""

    def __init__(self, database: Database, versions: Versions, batches: Batches, partitions: int) -> None:
        self._truth = MongoReportTruth(database)
        self._counts = MongoReportCounts(database)
        self._versions = versions
        self._batches = batches
        self._partitions = partitions

    async def run(self, *, repair: bool) -> AsyncGenerator[Checked]:
        """Facts first, then counts. `repair`: put right what is found; what is told once more is counted by the
        owners in their own time."""
        yield Begun(self._partitions, await self._flows())
        for partition in range(self._partitions):
            async for facts in self._facts(partition):
                if repair:
                    await self._tell(facts)
                yield facts
        async for table in strays(self._truth):
            if repair and table.surplus:
                await self._batches.commit(Commit(writes=self._truth.dropped(table.surplus)))
            yield table
        for flow in await self._flows():
            async for checked in self._flow(flow, repair=repair):
                yield checked

    async def _flows(self) -> Sequence[str]:
        async with self._counts.moment() as session:
            return await self._counts.flows(session)

    async def _facts(self, partition: int) -> AsyncGenerator[FactsChecked]:
        after = ""
        while True:
            ids, found = await self._look(partition, after)
            if not found.good:
                ids, found = await self._look(partition, after)
            if not ids:
                return
            yield found
            after = ids[-1]

    async def _look(self, partition: int, after: str) -> tuple[Sequence[str], FactsChecked]:
        async with self._truth.moment() as session:
            ids, forgotten = await self._truth.contacts(partition, after, AT_ONCE, session)
            known = [contact for contact in ids if contact not in forgotten]
            look = Look(self._truth, self._versions, session)
            return ids, await look.at(partition, known) if known else FactsChecked(partition, 0)

    async def _tell(self, facts: FactsChecked) -> None:
        posted = [(Service.REPORTING, record) for record in facts.missing]
        writes = [*self._truth.dropped(facts.surplus), *self._truth.amended(facts.changed)]
        if posted or writes:
            await self._batches.commit(Commit(posted=posted, writes=writes))

    async def _flow(self, flow: str, *, repair: bool) -> AsyncGenerator[Checked]:
        counts = FlowCounts(
            flow, self._counts, self._versions, self._batches, self._partitions, repair=repair
        )
        async for checked in counts.run():
            yield checked
        yield await check_steps(
            flow, counts.versions, self._counts, self._versions, self._batches, repair=repair
        )
