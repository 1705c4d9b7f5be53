"""Collection `participants`. Only the executor's partition owner writes it, under its guard."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from pymongo import ASCENDING, DESCENDING, DeleteOne, IndexModel, InsertOne, UpdateMany, UpdateOne

from common.adapters.mongo.client import Database, Document, translated
from common.domain.ids import digest
from common.domain.participant import Participant
from common.domain.participant_filter import EVERYBODY, ParticipantFilter, Place
from common.domain.reasons import Status
from common.ports import Passage, Unreadable, Write

PARTICIPANTS = "participants"
TOMBSTONES = "tombstones"
INDEXES = {
    PARTICIPANTS: [
        IndexModel(
            [("contact", ASCENDING), ("flow", ASCENDING), ("run", ASCENDING)],
            unique=True,
            partialFilterExpression={"status": Status.ACTIVE.value},
            name="one_passage_at_a_time",
        ),
        IndexModel([("contact", ASCENDING), ("flow", ASCENDING)], name="passages_of_a_contact"),
        IndexModel(
            [("partition", ASCENDING), ("due", ASCENDING)],
            partialFilterExpression={"due": {"$type": "date"}},
            name="timers",
        ),
        IndexModel(
            [(name, ASCENDING) for name in ("flow", "run", "status", "partition", "step")],
            name="standing_in_a_flow",
        ),
        IndexModel(
            [(name, ASCENDING) for name in ("flow", "status", "enrolled_at", "_id")],
            name="participants_of_a_flow",
        ),
        IndexModel(
            [("flow", ASCENDING), ("run", ASCENDING), ("partition", ASCENDING)],
            partialFilterExpression={"held": True},
            name="held_passages",
        ),
        IndexModel(
            [("ended_at", ASCENDING)],
            partialFilterExpression={"ended_at": {"$exists": True}},
            name="ended_passages",
        ),
    ],
    TOMBSTONES: [],
}
ENDED_NOW = {"$currentDate": {"ended_at": True}}
"""When a passage ended in machine time, by which it is kept; `left_at` is business time."""


Order = list[tuple[str, int]]


class MongoParticipants:
    def __init__(self, database: Database) -> None:
        self._participants = database[PARTICIPANTS]
        self._tombstones = database[TOMBSTONES]

    async def active(self, contacts: Iterable[str]) -> Sequence[Participant]:
        return await self._find({"contact": {"$in": list(set(contacts))}, "status": Status.ACTIVE})

    async def earlier(self, pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], set[str]]:
        """The ids of all passages of these (contact, flow), whatever became of them; none: left out.

        Tombstones are read last, so that a passage that turns into one meanwhile is not missed.
        """
        by_flow: dict[str, list[str]] = defaultdict(list)
        for contact, flow in pairs:
            by_flow[flow].append(contact)
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        with translated():
            for flow, contacts in by_flow.items():
                rows = self._participants.find({"contact": {"$in": contacts}, "flow": flow}, {"contact": 1})
                async for row in rows:
                    found[row["contact"], flow].add(row["_id"])
            wanted = {tombstone_id(contact, flow) for flow in by_flow for contact in by_flow[flow]}
            async for row in self._tombstones.find({"_id": {"$in": sorted(wanted)}}):
                found[row["contact"], row["flow"]].add(row["_id"])
        return found

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Passage]:
        query = {
            "partition": partition,
            "due": {"$type": "date", "$lte": now},
        }  # the type, or no index is used
        with translated():
            rows = self._participants.find(query).sort("due", ASCENDING).limit(limit)
            return [to_passage(row) async for row in rows]

    async def of_flow(
        self, flow: str, run: int, partition: int, limit: int, *, act: str, held: bool = False
    ) -> Sequence[Passage]:
        inside = inside_of(flow, run, partition, act)
        return await self._passages(inside | ({"held": True} if held else {}), limit)

    async def outdated(
        self, flow: str, run: int, partition: int, changed: Mapping[str, int], limit: int, *, act: str
    ) -> Sequence[Passage]:
        if not changed:
            return ()
        older = [{"step": step, "version": {"$lt": version}} for step, version in changed.items()]
        return await self._passages(inside_of(flow, run, partition, act) | {"$or": older}, limit)

    async def many(self, ids: Iterable[str]) -> Sequence[Participant]:
        return await self._find({"_id": {"$in": list(set(ids))}})

    async def known(self, ids: Iterable[str]) -> set[str]:
        with translated():
            rows = self._participants.find({"_id": {"$in": list(set(ids))}}, {"_id": 1})
            return {row["_id"] async for row in rows}

    async def since(self, contacts: Iterable[str], moment: datetime) -> Sequence[Participant]:
        return await self._find({"contact": {"$in": list(set(contacts))}, "enrolled_at": {"$gte": moment}})

    async def listed(
        self,
        flow: str,
        wanted: ParticipantFilter = EVERYBODY,
        *,
        contacts: Sequence[str] | None = None,
        after: Place | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Sequence[Participant]:
        """Without those that this release can't read. Whoever was enrolled at the same instant as `after` is asked
        for first, so that both questions are answered from an index, however many they are."""
        direction = DESCENDING if newest_first else ASCENDING
        query = {"flow": flow} | matching(wanted, contacts)
        found: list[Participant] = []
        with translated():
            for bounds, order in behind(after, direction):
                rows = self._participants.find(query | bounds).sort(order)
                async for row in rows.batch_size(limit):
                    found += filter(None, [readable(to_passage(row))])
                    if len(found) == limit:
                        return found
        return found

    async def standing(self, flow: str, run: int) -> Mapping[str, int]:
        """How many active participants stand on each step, counted from an index alone."""
        inside: list[Document] = [
            {"$match": {"flow": flow, "run": run, "status": Status.ACTIVE}},
            {"$group": {"_id": "$step", "people": {"$sum": 1}}},
        ]
        with translated():
            cursor = await self._participants.aggregate(inside)
            return {row["_id"]: row["people"] async for row in cursor}

    def insert(self, participants: Iterable[Participant]) -> Sequence[Write]:
        operations = [InsertOne(fresh_document(participant)) for participant in participants]
        return [Write(PARTICIPANTS, operations)] if operations else []

    def save(self, participants: Iterable[Participant], read: Mapping[str, Participant]) -> Sequence[Write]:
        """Write what differs from what was read; equal changes become one operation."""
        alike: dict[str, tuple[Document, list[str]]] = {}
        for participant in participants:
            change = difference(to_document(read[participant.id]), to_document(participant))
            if change:
                alike.setdefault(repr(change), (change, []))[1].append(participant.id)
        operations = [UpdateMany({"_id": {"$in": ids}}, change) for change, ids in alike.values()]
        matches = sum(len(ids) for _, ids in alike.values())
        return [Write(PARTICIPANTS, operations, matches=matches)] if operations else []

    def set_aside(self, unreadable: Mapping[str, str | None]) -> Sequence[Write]:
        operations = [
            UpdateOne(
                {"_id": participant}, {"$set": {"held": True, "failed_act": act}, "$unset": {"due": ""}}
            )
            for participant, act in unreadable.items()
        ]
        return [Write(PARTICIPANTS, operations)] if operations else []

    def erase(self, participant: Participant) -> Write:
        return Write(PARTICIPANTS, [DeleteOne({"_id": participant.id})])

    async def _find(self, query: Document, limit: int = 0) -> Sequence[Participant]:
        with translated():
            return [to_participant(row) async for row in self._participants.find(query).limit(limit)]

    async def _passages(self, query: Document, limit: int) -> Sequence[Passage]:
        with translated():
            return [to_passage(row) async for row in self._participants.find(query).limit(limit)]


def matching(wanted: ParticipantFilter, contacts: Sequence[str] | None) -> Document:
    """Every status is named where none is asked for: the index begins with them."""
    given = wanted.model_dump(include={"step", "reason", "run"}, exclude_none=True)
    status = wanted.status or {"$in": list(Status)}
    among = {} if contacts is None else {"contact": {"$in": list(contacts)}}
    return {"status": status} | given | among


def behind(after: Place | None, direction: int) -> Sequence[tuple[Document, Order]]:
    """Of the same instant as this place, and beyond it, each with its order: where one instant is asked for, naming
    it in the order too would make the server sort."""
    ids: Order = [("_id", direction)]
    times: Order = [("enrolled_at", direction), *ids]
    if after is None:
        return [({}, times)]
    beyond = "$lt" if direction == DESCENDING else "$gt"
    same: Document = {"enrolled_at": after.enrolled_at, "_id": {beyond: after.id}}
    return [(same, ids), ({"enrolled_at": {beyond: after.enrolled_at}}, times)]


def inside_of(flow: str, run: int, partition: int, act: str) -> Document:
    """Whom a life-cycle act concerns, but for those to whom it could not be applied."""
    inside: Document = {"flow": flow, "run": run, "status": Status.ACTIVE, "partition": partition}
    return inside | {"failed_act": {"$ne": act}}


def difference(before: Document, now: Document) -> Document:
    """The update that turns one document into the other; empty when they are equal."""
    changed = {name: value for name, value in now.items() if before.get(name) != value}
    gone = {name: "" for name in before if name not in now}
    update: dict[str, Any] = {}
    if changed:
        update["$set"] = changed
    if gone:
        update["$unset"] = gone
    return update | ENDED_NOW if "left_at" in changed else update


def tombstone_id(contact: str, flow: str) -> str:
    """Of what stands for passages that are kept no longer, so that once only still counts them."""
    return digest("tombstone", contact, flow)


def fresh_document(participant: Participant) -> Document:
    """A new passage, which may have ended at once."""
    document = to_document(participant)
    return document if participant.active else document | {"ended_at": datetime.now(UTC)}


def to_document(participant: Participant) -> Document:
    return {"_id": participant.id} | participant.model_dump(exclude={"id"}, exclude_none=True)


def to_participant(document: Document) -> Participant:
    document.pop("ended_at", None)
    return Participant.model_validate({"id": document.pop("_id")} | document)


def readable(passage: Passage) -> Participant | None:
    return passage if isinstance(passage, Participant) else None


def to_passage(document: Document) -> Passage:
    """A document that this release can't read spoils nothing but itself."""
    name, contact = document["_id"], document.get("contact")
    try:
        return to_participant(document)
    except ValidationError as error:
        return Unreadable(name, contact if isinstance(contact, str) else None, f"unreadable: {error}")
