"""Collection `decisions`: the rows that explain, written in the transaction of what they explain."""

from collections.abc import Iterable, Sequence

from pymongo import ASCENDING, IndexModel, InsertOne

from common.adapters.mongo.client import Database, Document, translated
from common.domain.decision import Decision
from common.ports import Write

DECISIONS = "decisions"
INDEXES = {DECISIONS: [IndexModel([("contact", ASCENDING), ("flow", ASCENDING), ("_id", ASCENDING)])]}


class MongoDecisions:
    def __init__(self, database: Database) -> None:
        self._decisions = database[DECISIONS]

    def insert(self, decisions: Iterable[Decision]) -> Sequence[Write]:
        operations = [InsertOne(to_document(decision)) for decision in decisions]
        return [Write(DECISIONS, operations)] if operations else []

    async def decided(self, records: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        contacts, ids = zip(*records, strict=True)
        query = {"contact": {"$in": sorted(set(contacts))}, "record": {"$in": sorted(set(ids))}}
        with translated():
            rows = self._decisions.find(query, {"record": 1, "flow": 1})
            return {(row["record"], row["flow"]) async for row in rows}

    async def about(self, contact: str, flow: str | None, limit: int = 1000) -> Sequence[Decision]:
        """In the order in which they were made (ids rise with it), the oldest first."""
        query = {"contact": contact} | ({"flow": flow} if flow else {})
        with translated():
            rows = self._decisions.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_decision(row) async for row in rows]


def to_document(decision: Decision) -> Document:
    return {"_id": decision.id} | decision.model_dump(exclude={"id"}, exclude_none=True)


def to_decision(document: Document) -> Decision:
    return Decision.model_validate({"id": document.pop("_id")} | document)
