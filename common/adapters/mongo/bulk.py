"""Collections `bulk_enrolments` and `bulk_shares` (one a partition: how far it is, and what was decided)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from common.adapters.mongo.batch import Announce
from common.adapters.mongo.client import Database, Document, in_transaction, translated
from common.adapters.mongo.selected import MongoSelected
from common.adapters.mongo.selections import to_document as selection_document
from common.adapters.mongo.selections import to_selection
from common.adapters.mongo.work import WORK, to_document, unnumbered
from common.domain.bulk import CHUNK, WAYS_BACK, BulkEnrolment, BulkState, Chunk, Share, Tally
from common.domain.conditions import Asker
from common.domain.event import BULK_CONTINUED
from common.messages.record import Record
from common.messages.ticket import Ticket
from common.messages.topology import Service
from common.ports import Write

BULKS = "bulk_enrolments"
SHARES = "bulk_shares"
INDEXES: dict[str, list[IndexModel]] = {
    BULKS: [
        IndexModel([("started_at", DESCENDING), ("_id", DESCENDING)], name="bulks_by_age"),
        IndexModel([("kept_at", ASCENDING)], name="bulks_by_machine_time"),
    ],
    SHARES: [IndexModel([("bulk", ASCENDING), ("partition", ASCENDING)], name="shares_of_a_bulk")],
}


class MongoBulks:
    """`announce` is told of the tickets that set shares going; it may not block or raise."""

    def __init__(self, database: Database, partitions: int, announce: Announce) -> None:
        self._database = database
        self._bulks = database[BULKS]
        self._shares = database[SHARES]
        self._selected = MongoSelected(database, partitions)
        self._partitions = partitions
        self._announce = announce

    async def start(self, bulk: BulkEnrolment) -> bool:
        if await self.get(bulk.id) is not None:
            return False
        try:
            tickets = await in_transaction(self._database, lambda session: self.begin(bulk, session))
        except (BulkWriteError, DuplicateKeyError):
            return False
        self._announce(tickets)
        return True

    async def begin(self, bulk: BulkEnrolment, session: AsyncClientSession) -> list[Ticket]:
        """Within a transaction of whoever starts it; the tickets are to be announced after the commit."""
        await self._bulks.insert_one(bulk_document(bulk), session=session)
        rows = [share_document(bulk, partition) for partition in range(self._partitions)]
        await self._shares.insert_many(rows, session=session)
        return await self._set_going(bulk, range(self._partitions), session)

    async def _set_going(
        self, bulk: BulkEnrolment, partitions: Collection[int], session: AsyncClientSession
    ) -> list[Ticket]:
        record = continued(bulk)
        tickets = [unnumbered(Service.TRIGGER, partition, [record]) for partition in partitions]
        if tickets:
            await self._database[WORK].insert_many([to_document(t) for t in tickets], session=session)
        return tickets

    async def change(self, bulk: str, state: BulkState) -> BulkEnrolment | None:
        if state is BulkState.RUNNING:
            return await self._resume(bulk)
        changed = await self._turned(bulk, state)
        if changed is not None:  # whatever was decided before fails at its share, from here on
            with translated():
                await self._shares.update_many({"bulk": bulk}, {"$max": {"chain": changed.chain}})
        return changed

    async def _turned(
        self, bulk: str, state: BulkState, session: AsyncClientSession | None = None
    ) -> BulkEnrolment | None:
        query = {"_id": bulk, "state": {"$in": sorted(WAYS_BACK[state])}}
        update = {"$set": {"state": state.value}, "$inc": {"chain": 1}}
        with translated():
            row = await self._bulks.find_one_and_update(
                query, update, return_document=ReturnDocument.AFTER, session=session
            )
        return to_bulk(row) if row else None

    async def _resume(self, bulk: str) -> BulkEnrolment | None:
        """Under a new chain, so that turns of the one before are void, wherever on the road they are."""

        async def body(session: AsyncClientSession) -> tuple[BulkEnrolment | None, list[Ticket]]:
            changed = await self._turned(bulk, BulkState.RUNNING, session)
            if changed is None:
                return None, []
            await self._shares.update_many(
                {"bulk": bulk}, {"$max": {"chain": changed.chain}}, session=session
            )
            left = self._shares.find({"bulk": bulk, "done": False}, {"partition": 1}, session=session)
            partitions = [row["partition"] async for row in left]
            return changed, await self._set_going(changed, partitions, session)

        changed, tickets = await in_transaction(self._database, body)
        self._announce(tickets)
        return changed

    async def get(self, bulk: str) -> BulkEnrolment | None:
        with translated():
            row = await self._bulks.find_one({"_id": bulk})
        return to_bulk(row) if row else None

    async def latest(self, flow: str | None, limit: int) -> Sequence[BulkEnrolment]:
        query = {"flow": flow} if flow else {}
        order = [("started_at", DESCENDING), ("_id", DESCENDING)]
        with translated():
            return [to_bulk(row) async for row in self._bulks.find(query).sort(order).limit(limit)]

    async def tallies(self, bulks: Collection[str]) -> Mapping[str, Tally]:
        rows: dict[str, list[Document]] = {bulk: [] for bulk in bulks}
        with translated():
            async for row in self._shares.find({"bulk": {"$in": list(bulks)}}):
                rows[row["bulk"]].append(row)
        return {bulk: summed(shares) for bulk, shares in rows.items()}

    async def share(self, bulk: str, partition: int) -> Share | None:
        known = await self.get(bulk)
        with translated():
            row = await self._shares.find_one({"_id": share_id(bulk, partition)})
        if known is None or row is None:
            return None
        return Share(bulk=known, partition=partition, after=row["after"], done=row["done"])

    async def chunk(self, share: Share, fields: Collection[str], asker: Asker) -> Chunk:
        bulk = share.bulk
        return await self._selected.chunk(
            bulk.selection, share.partition, bulk.started_at, asker, share.after, CHUNK, fields
        )

    def moved(self, share: Share, chunk: Chunk) -> Write:
        update = {"$set": {"after": chunk.after}, "$inc": {"suggested": len(chunk.contacts)}}
        return Write(SHARES, [UpdateOne(as_read(share), update)], matches=1)

    def finished(self, share: Share, *, closed: bool) -> Write:
        update = {"$set": {"done": True, "closed": closed}}
        return Write(SHARES, [UpdateOne(as_read(share), update)], matches=1)

    def tallied(self, partition: int, decided: Mapping[str, Tally]) -> Sequence[Write]:
        operations = []
        for bulk, tally in decided.items():
            added = {"enrolled": tally.enrolled} if tally.enrolled else {}
            added |= {f"refused.{reason}": number for reason, number in tally.refused.items()}
            operations.append(UpdateOne({"_id": share_id(bulk, partition)}, {"$inc": added}))
        return [Write(SHARES, operations)] if operations else []


def continued(bulk: BulkEnrolment) -> Record:
    """Asks for the next turn of a share."""
    return Record(
        id=f"{bulk.id}:{bulk.chain}",
        type=BULK_CONTINUED,
        source="headrace/bulk",
        time=bulk.started_at,
        data={"bulk": bulk.id, "chain": bulk.chain},
    )


def share_id(bulk: str, partition: int) -> str:
    return f"{bulk}:{partition}"


def as_read(share: Share) -> Document:
    chain = {"chain": share.bulk.chain, "after": share.after, "done": False}
    return {"_id": share_id(share.bulk.id, share.partition)} | chain


def share_document(bulk: BulkEnrolment, partition: int) -> Document:
    return {
        "_id": share_id(bulk.id, partition), "bulk": bulk.id, "partition": partition, "chain": bulk.chain,
        "after": "", "done": False, "closed": False, "suggested": 0, "enrolled": 0, "refused": {},
    }  # fmt: skip


def bulk_document(bulk: BulkEnrolment) -> Document:
    plain = bulk.model_dump(exclude={"id", "selection", "state"})
    return {
        "_id": bulk.id,
        "kept_at": datetime.now(UTC),
        "state": bulk.state.value,
        "selection": selection_document(bulk.selection),
    } | plain


def to_bulk(row: Document) -> BulkEnrolment:
    selection = to_selection(row.pop("selection"))
    row.pop("kept_at", None)
    return BulkEnrolment.model_validate({"id": row.pop("_id"), "selection": selection} | row)


def summed(shares: Sequence[Document]) -> Tally:
    refused: dict[str, int] = {}
    for share in shares:
        for reason, number in share["refused"].items():
            refused[reason] = refused.get(reason, 0) + number
    total: dict[str, Any] = {name: sum(s[name] for s in shares) for name in ("suggested", "enrolled")}
    done = bool(shares) and all(share["done"] for share in shares)
    return Tally(**total, refused=refused, done=done, closed=any(share["closed"] for share in shares))
