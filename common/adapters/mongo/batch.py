"""The one transaction: guard, tickets out, writes, parked records, next tickets (architecture.md §2)."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from pymongo import DeleteOne, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from common.adapters.mongo.client import Database, Document, in_transaction, translated
from common.adapters.mongo.partitions import PARTITIONS, row_id
from common.adapters.mongo.work import WORK, numbered, to_document, unnumbered
from common.domain.ids import partition_of
from common.messages.record import Record
from common.messages.ticket import Ticket, frames
from common.messages.topology import Service, after
from common.ports import Commit, CommitResult, Committed, Guard, Parked, Unstorable, Write

PARKED = "parked"
DUPLICATE_KEY = 11000

Announce = Callable[[Sequence[Ticket]], None]


class _Stopped(Exception):
    """Aborts the transaction: the batch must be decided again, or is not ours."""

    def __init__(self, outcome: Committed) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class MongoBatches:
    """Commits batches. `announce` is told of each ticket that came into being; it may not block or raise."""

    def __init__(self, database: Database, partitions: int, announce: Announce) -> None:
        self._database = database
        self._partitions = partitions
        self._announce = announce

    async def commit(self, commit: Commit) -> CommitResult:
        result = await self._run(lambda session: self._apply(commit, session))
        self._announce(result.sent)
        return result

    async def rehearse(self, commit: Commit) -> Committed:
        async def body(session: AsyncClientSession) -> list[Ticket]:
            await self._apply(commit, session)
            raise _Stopped(Committed.DONE)

        return (await self._run(body)).outcome

    async def _run(self, body: Callable[[AsyncClientSession], Awaitable[list[Ticket]]]) -> CommitResult:
        try:
            return CommitResult(Committed.DONE, await in_transaction(self._database, body))
        except _Stopped as stopped:
            return CommitResult(stopped.outcome)
        except (BulkWriteError, DuplicateKeyError) as error:
            if is_duplicate(error):
                return CommitResult(Committed.OUTRUN)
            raise Unstorable(str(error)) from error

    async def post_to_all(self, service: Service, record: Record) -> None:
        tickets = [unnumbered(service, partition, [record]) for partition in range(self._partitions)]
        with translated():
            await self._database[WORK].insert_many([to_document(ticket) for ticket in tickets])
        self._announce(tickets)

    async def _apply(self, commit: Commit, session: AsyncClientSession) -> list[Ticket]:
        sent = await self._pass_guard(commit, session) if commit.guard else 0
        await self._take_tickets(commit.tickets, session)
        for write in commit.writes:
            await self._write(write, session)
        if commit.parked:
            rows = [parked_row(parked) for parked in commit.parked]
            await self._database[PARKED].insert_many(rows, session=session)
        tickets = self._next_tickets(commit, sent)
        if tickets:
            rows = [to_document(ticket) for ticket in tickets]
            await self._database[WORK].insert_many(rows, session=session)
        return tickets

    async def _pass_guard(self, commit: Commit, session: AsyncClientSession) -> int:
        """Owner and epoch still as decided by; answers the number of the ticket to send, if there is one."""
        guard = commit.guard
        assert guard is not None
        update: Document = {"$inc": {"commits": 1, "sent": len(list(frames(commit.onward)))}}
        highest = {"applied": commit.applied, "last": commit.last}
        if given := {name: value for name, value in highest.items() if value is not None}:
            update["$max"] = given
        row = await self._database[PARTITIONS].find_one_and_update(
            {
                "_id": row_id(guard.service, guard.partition),
                "token": guard.token,
                "epoch": {"$lte": guard.epoch},
            },
            update,
            projection={"sent": 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if row is None:
            raise _Stopped(Committed.FENCED)
        return int(row["sent"])

    async def _take_tickets(self, tickets: Sequence[Ticket], session: AsyncClientSession) -> None:
        if not tickets:
            return
        # One by one: behind a range, the server looks for its next entry among all that were deleted of late.
        each = [DeleteOne({"_id": ticket.id}) for ticket in tickets]
        deleted = await self._database[WORK].bulk_write(each, ordered=False, session=session)
        if deleted.deleted_count < len(each):
            raise _Stopped(Committed.REPEATED)

    async def _write(self, write: Write, session: AsyncClientSession) -> None:
        collection: AsyncCollection[Any] = self._database[write.collection]
        result = await collection.bulk_write(list(write.operations), ordered=False, session=session)
        if write.matches is not None and result.matched_count < write.matches:
            raise _Stopped(Committed.OUTRUN)

    def _next_tickets(self, commit: Commit, sent: int) -> list[Ticket]:
        tickets: list[Ticket] = []
        onward = list(frames(commit.onward))
        if onward:
            assert commit.guard is not None, "only a partition's owner sends onward"
            following = after(commit.guard.service)
            for seq, frame in enumerate(onward, start=sent - len(onward) + 1):
                tickets.append(numbered(following, commit.guard.partition, seq, frame))
        posted: dict[tuple[Service, int], list[Record]] = defaultdict(list)
        for service, record in commit.posted:
            posted[service, self._partition_for(record, commit.guard)].append(record)
        for (service, partition), records in posted.items():
            tickets += [unnumbered(service, partition, frame) for frame in frames(records)]
        return tickets

    def _partition_for(self, record: Record, guard: Guard | None) -> int:
        if record.contact is not None:
            return partition_of(record.contact, self._partitions)
        assert guard is not None, "a record without contact goes to the partition that posts it"
        return guard.partition


def parked_row(parked: Parked) -> Document:
    return {
        "_id": token_hex(12),
        "v": 1,
        "service": parked.service,
        "partition": parked.partition,
        "record": parked.record.model_dump(exclude_defaults=True),
        "error": parked.error,
        "at": datetime.now(UTC),
    }


def is_duplicate(error: BulkWriteError | DuplicateKeyError) -> bool:
    """Whether somebody else inserted first, and nothing worse happened."""
    if isinstance(error, DuplicateKeyError):
        return True
    failures = (error.details or {}).get("writeErrors", [])
    return bool(failures) and all(failure.get("code") == DUPLICATE_KEY for failure in failures)
