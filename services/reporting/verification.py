"""Do reports equal the truth? Facts are worked out anew, contact by contact; then counts from facts, flow by flow.

Nothing stands still for it: each look is of one moment. What is missing is told to reporting once more, as if by the
executor; counts are put right by what they are off, so that their owners may go on adding, and readers see them
jump to what is right.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.report_truth import MongoReportTruth
from common.messages.happened import EARNED
from common.messages.topology import Service
from common.ports import Batches, Commit, Committed
from services.reporting.look import FactsChecked, Look
from services.reporting.recount import CountsChecked, Recount, compared
from services.reporting.versions import Versions

AT_ONCE = 200
"""Contacts of one look."""
TRIES = 5

Checked = FactsChecked | CountsChecked


class Verification:
    """`repair`: put right what is found."""

    def __init__(
        self, truth: MongoReportTruth, versions: Versions, batches: Batches, partitions: int
    ) -> None:
        self._truth = truth
        self._versions = versions
        self._batches = batches
        self._partitions = partitions

    async def run(self, *, repair: bool) -> AsyncIterator[Checked]:
        """Facts first, then counts. What is told once more is counted by the owners in their own time."""
        for partition in range(self._partitions):
            async for facts in self._facts(partition):
                if repair:
                    await self._tell(facts)
                yield facts
        async with self._truth.moment() as session:
            flows = await self._truth.flows(session)
        for flow in flows:
            yield await self._flow(flow, repair=repair)

    async def _facts(self, partition: int) -> AsyncIterator[FactsChecked]:
        after = ""
        while True:
            async with self._truth.moment() as session:
                ids, forgotten = await self._truth.contacts(partition, after, AT_ONCE, session)
                if not ids:
                    return
                known = [contact for contact in ids if contact not in forgotten]
                found = await Look(self._truth, session).at(known)
            yield found
            after = ids[-1]

    async def _tell(self, facts: FactsChecked) -> None:
        posted = [(Service.REPORTING, record) for record in (*facts.missing, *facts.stale)]
        writes = self._truth.dropped(facts.surplus)
        if posted or writes:
            await self._batches.commit(Commit(posted=posted, writes=writes))

    async def _flow(self, flow: str, *, repair: bool) -> CountsChecked:
        for _ in range(TRIES):
            await self._truth.begin(flow)
            checked, number = await self._compared(flow)
            if not repair or not checked.differences:
                break
            writes = self._truth.repaired(flow, number, checked.differences)
            if (await self._batches.commit(Commit(writes=writes))).outcome is Committed.DONE:
                break
        return checked

    async def _compared(self, flow: str) -> tuple[CountsChecked, int]:
        async with self._truth.moment() as session:
            horizon = await self._truth.horizon(session)
            recount = await self._expected(flow, horizon, session)
            found = await self._truth.counts(flow, session)
            number = await self._truth.repairs(flow, session)
        expected = recount.rows()
        differences = list(compared(expected, found, horizon, recount.perhaps()))
        return CountsChecked(flow, len(expected.keys() | found.keys()), differences), number

    async def _expected(self, flow: str, horizon: datetime | None, session: AsyncClientSession) -> Recount:
        """Counted anew from the facts."""
        recount = Recount(horizon)
        async for row in self._truth.facts(flow, session):
            recount.fact(row)
        async for message, partition in self._truth.messages_of(flow, session):
            key = (message.about.flow, message.about.version)
            zones = await self._versions.zones([key])
            recount.message(message, partition, zones[key])
        async for row in self._truth.earnings_of(flow, EARNED, session):
            recount.earning(row)
        return recount
