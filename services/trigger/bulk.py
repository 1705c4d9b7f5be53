"""One turn of a bulk enrolment: the next people of a partition's share, suggested in one batch.

The record that asks for a turn goes down the road behind the people of the one before, and the executor sends it back
when they are decided: so a share never has more on the road than one turn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from common.domain.bulk import BulkState, Chunk, Share
from common.domain.contact import Contact
from common.domain.event import BULK_CONTINUED, ENROLMENT_SUGGESTED
from common.domain.facts import collect
from common.domain.ids import digest
from common.domain.open_flow import OpenFlow
from common.messages.record import Record, Suggestion
from common.ports import Bulks
from common.runtime.handler import Batch

NOBODY = Chunk(contacts=(), after="", more=False)


@dataclass(frozen=True, slots=True)
class BulkTurn:
    """What is to be done for `record`. Without a `share` nothing: it was paused or cancelled, or is done. Without a
    `flow` it comes to its end: that takes no participants, or none of this run."""

    record: Record
    share: Share | None = None
    flow: OpenFlow | None = None
    chunk: Chunk = NOBODY

    @property
    def over(self) -> bool:
        return self.flow is None or not (self.chunk.contacts or self.chunk.more)

    def suggested(self, as_it_stands: Callable[[Contact], Contact]) -> Iterator[Record]:
        assert self.share is not None and self.flow is not None
        for contact in self.chunk.contacts:
            yield suggestion(self.record, self.share, self.flow, as_it_stands(contact))


async def next_turn(batch: Batch, bulks: Bulks) -> BulkTurn | None:
    """The turn of the first record that asks for one; a batch has room for no more."""
    record = next((record for record in batch.records if record.type == BULK_CONTINUED), None)
    if record is None:
        return None
    share = await bulks.share(record.data["bulk"], batch.partition)
    if share is None or share.done or share.bulk.state is not BulkState.RUNNING:
        return BulkTurn(record)
    if share.bulk.chain != record.data["chain"]:
        return BulkTurn(record)
    flow = batch.book.get(share.bulk.flow)
    if flow is None or flow.run != share.bulk.run:
        return BulkTurn(record, share)
    return BulkTurn(record, share, flow, await bulks.chunk(share, flow.fields, flow.asker))


def suggestion(asked: Record, share: Share, flow: OpenFlow, contact: Contact) -> Record:
    """Its id follows from the bulk enrolment and the contact: a repeat would suggest nobody twice."""
    bulk = share.bulk
    by = f"selection {bulk.selection.id}, {bulk.by}"
    data = {"flow": flow.id, "by": by, "bulk": bulk.id}
    seen = {**data, "type": ENROLMENT_SUGGESTED, "changed": []}
    return Record(
        id=digest("bulk", bulk.id, contact.id),
        type=ENROLMENT_SUGGESTED,
        source="enrolment",
        contact=contact.id,
        time=asked.time,
        data=data,
        facts=collect(flow.fields, contact, seen),
        suggestions=(Suggestion(flow=flow.id, version=flow.version.version, run=flow.run, by=by),),
        trace=asked.trace,
    )
