"""Collections `flows` (draft, state and counts of each flow), `flow_versions` (frozen, immutable), `flow_acts` (which
flow was in which state from when on) and `flow_epoch` (how many life-cycle acts there have been). Each act writes the
flow's `schedules`, too."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from common.adapters.mongo.client import MAJORITY, Database, Document, in_transaction, translated
from common.adapters.mongo.flow_books import FlowBooks, to_version, version_id
from common.adapters.mongo.flow_versions import INDEXES as VERSIONS_INDEXES
from common.adapters.mongo.flow_versions import VERSIONS
from common.adapters.mongo.owner_turns import forget_turns
from common.adapters.mongo.schedules import renew
from common.domain.chart import named_contents
from common.domain.conditions.folding import fold
from common.domain.flow import Flow, FlowVersion, StoredFlow, Visibility
from common.domain.flow_book import FlowBook
from common.domain.flow_history import FlowAct
from common.domain.reasons import FlowState
from common.domain.visibility import Viewer
from common.ports import ActAt, FlowSummary, UnfinishedAct

FLOWS = "flows"
EPOCH = "flow_epoch"
ACTS = "flow_acts"

INDEXES: dict[str, list[IndexModel]] = {
    FLOWS: [
        IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="flows_by_state"),
        IndexModel(
            [("unfinished.since", ASCENDING)],
            partialFilterExpression={"unfinished": {"$exists": True}},
            name="unfinished_acts",
        ),
    ],
    **VERSIONS_INDEXES,
    EPOCH: [],
    ACTS: [],
}

ONLY_HERE = {"unfinished": 0, "search": 0}
"""Fields of the stored document that are not the flow's own."""


class MongoFlows:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._client = database.client
        self._flows = database[FLOWS]
        self._versions = database[VERSIONS]
        self._epochs = database[EPOCH]
        self._acts = database[ACTS]
        self._books = FlowBooks(self._flows, self._versions)

    async def epoch(self) -> int:
        with translated():
            row = await self._epochs.find_one({"_id": EPOCH})
        return int(row["value"]) if row else 0

    async def book(self) -> FlowBook:
        """The epoch is read before the flows, so that the book may know more than it claims, never less."""
        epoch = await self.epoch()
        return await self._books.at(epoch)

    async def get(self, flow: str) -> StoredFlow | None:
        with translated():
            row = await self._flows.find_one({"_id": flow, "deleted_at": None}, ONLY_HERE)
        return to_flow(row) if row else None

    async def version(self, flow: str, version: int) -> FlowVersion | None:
        with translated():
            row = await self._versions.find_one({"_id": version_id(flow, version)})
        return to_version(row) if row else None

    async def ids(self) -> set[str]:
        with translated():
            return {row["_id"] async for row in self._flows.find({"deleted_at": None}, {"_id": 1})}

    async def hidden(self, viewer: Viewer, flows: Collection[str]) -> set[str]:
        named: Document = {"_id": {"$in": list(flows)}}
        with translated():
            there = {row["_id"] async for row in self._flows.find(named, {"_id": 1})}
            seen = self._flows.find(named | {"deleted_at": None} | visible_to(viewer), {"_id": 1})
            return there - {row["_id"] async for row in seen}

    async def search(
        self,
        *,
        text: str = "",
        state: FlowState | None = None,
        after: str | None = None,
        limit: int = 50,
        viewer: Viewer | None = None,
    ) -> Sequence[FlowSummary]:
        query: Document = {"deleted_at": None}
        query |= visible_to(viewer) if viewer else {}
        query |= {"search": {"$regex": re.escape(fold(text))}} if text else {}
        query |= {"state": state.value} if state else {}
        query |= {"_id": {"$gt": after}} if after else {}
        with translated():
            rows = self._flows.find(query, SUMMARY).sort("_id", ASCENDING).limit(limit)
            return [to_summary(row) async for row in rows]

    async def running_with(self, content: str) -> Sequence[str]:
        with translated():
            running = self._flows.find({"state": FlowState.RUNNING.value}, {"version": 1})
            ids = [version_id(row["_id"], row["version"]) async for row in running]
            using: Document = {"_id": {"$in": ids}, f"contents.{content}": {"$exists": True}}
            users = self._versions.find(using, {"flow": 1})
            return sorted([row["flow"] async for row in users])

    async def naming(self, content: str) -> Sequence[str]:
        found = {flow.id for flow in await self.book() if content in named_contents(flow.document)}
        with translated():
            rows = self._flows.find({"deleted_at": None}, ONLY_HERE)
            drafts = [to_flow(row) async for row in rows]
        found |= {flow.id for flow in drafts if content in named_contents(flow.draft)}
        return sorted(found)

    async def create(self, flow: str, draft: Flow, *, at: datetime, by: str) -> StoredFlow | None:
        fresh = StoredFlow(id=flow, draft=draft, created_at=at, updated_at=at, updated_by=by)
        with translated():
            buried = await self._flows.find_one({"_id": flow, "deleted_at": {"$ne": None}})
            if buried:
                counts = {name: buried[name] for name in ("epoch", "version", "run")}
                again: StoredFlow = fresh.but(revision=buried["revision"] + 1, **counts)
                return again if await self._replace(again, buried["revision"]) else None
            try:
                await self._flows.insert_one(to_document(fresh))
            except DuplicateKeyError:
                return None
        return fresh

    async def save(self, stored: StoredFlow, *, read: int) -> bool:
        with translated():
            return await self._replace(stored, read)

    async def delete(self, stored: StoredFlow) -> bool:
        """Its frozen versions stay, for the explanations; so do its counts. Whose turn it is begins anew."""
        gone = {"revision": stored.revision + 1, "deleted_at": stored.updated_at}

        async def body(session: AsyncClientSession) -> bool:
            result = await self._flows.update_one(
                {"_id": stored.id, "revision": stored.revision, "state": FlowState.NOT_RUNNING.value},
                {"$set": gone, "$unset": {"draft": "", "search": ""}},
                session=session,
            )
            if result.modified_count:
                await forget_turns(self._database, stored.id, session)
            return result.modified_count == 1

        return await in_transaction(self._database, body)

    async def act(self, before: StoredFlow, change: ActAt, announce: str | None) -> StoredFlow | None:
        async def body(session: AsyncClientSession) -> StoredFlow | None:
            epoch = await self._next_epoch(session)
            after, version = change(epoch)
            marked = await self._mark(after, before.revision, announce, session)
            if not marked:
                await session.abort_transaction()
                return None
            if version is not None:
                await self._versions.insert_one(version_document(version), session=session)
            if version is not None or after.state is FlowState.NOT_RUNNING:
                await renew(self._database, after, version, session)
            await self._note(after, session)
            return after

        with translated():
            async with self._client.start_session() as session:
                return await session.with_transaction(
                    body, read_concern=ReadConcern("snapshot"), write_concern=MAJORITY
                )

    async def _next_epoch(self, session: AsyncClientSession) -> int:
        row: Any = await self._epochs.find_one_and_update(
            {"_id": EPOCH},
            {"$inc": {"value": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return int(row["value"])

    async def _mark(
        self, after: StoredFlow, read: int, announce: str | None, session: AsyncClientSession
    ) -> bool:
        """The flow after the act, marked unfinished as of the server's clock."""
        update = {
            "$set": to_document(after) | {"unfinished.announce": announce},
            "$currentDate": {"unfinished.since": True},
        }
        result = await self._flows.update_one({"_id": after.id, "revision": read}, update, session=session)
        return result.modified_count == 1

    async def _note(self, after: StoredFlow, session: AsyncClientSession) -> None:
        """From when on, by the server's clock, the flow is in its new state."""
        row = {
            "flow": after.id, "epoch": after.epoch, "state": after.state.value,
            "run": after.run, "version": after.version, "at": after.updated_at,
        }  # fmt: skip
        await self._acts.update_one(
            {"_id": after.epoch},
            {"$setOnInsert": row, "$currentDate": {"noted_at": True}},
            upsert=True,
            session=session,
        )

    async def history(self) -> Sequence[FlowAct]:
        """Every life-cycle act, in their order."""
        with translated():
            return [to_act(row) async for row in self._acts.find().sort("_id", ASCENDING)]

    async def _replace(self, stored: StoredFlow, read: int) -> bool:
        result = await self._flows.update_one(
            {"_id": stored.id, "revision": read},
            {"$set": to_document(stored), "$unset": {"deleted_at": ""}},
        )
        return result.modified_count == 1

    async def unfinished(self, *, older: float = 0, flow: str | None = None) -> Sequence[UnfinishedAct]:
        long_ago: Document = {
            "unfinished": {"$exists": True},
            "$expr": {"$lte": ["$unfinished.since", {"$subtract": ["$$NOW", int(older * 1000)]}]},
        }
        long_ago |= {"_id": flow} if flow else {}
        with translated():
            return [
                UnfinishedAct(row["_id"], row["run"], row["epoch"], row["unfinished"]["announce"])
                async for row in self._flows.find(long_ago, {"run": 1, "epoch": 1, "unfinished": 1})
            ]

    async def finish(self, act: UnfinishedAct) -> None:
        with translated():
            await self._flows.update_one(
                {"_id": act.flow, "epoch": act.epoch}, {"$unset": {"unfinished": ""}}
            )


def visible_to(viewer: Viewer) -> Document:
    """`Viewer.sees` as a query; a flow stored before it could be hidden says nothing of it."""
    ways: list[Document] = [
        {"draft.visible_for": {"$in": [None, Visibility.ALL.value]}},
        {"draft.owner": {"$eq": viewer.user}},
        {"draft.shared_with.users": {"$eq": viewer.user}},
    ]
    if viewer.group:
        colleagues = {"draft.owner": {"$in": sorted(viewer.colleagues)}}
        ways += [
            {"draft.visible_for": Visibility.GROUP.value} | colleagues,
            {"draft.shared_with.groups": {"$eq": viewer.group}},
        ]
    return {"$or": ways}


SUMMARY = [
    *("draft.name", "draft.description", "draft.folder", "draft.owner"),
    *("state", "version", "run", "revision", "created_at", "updated_at"),
]


def to_act(row: Document) -> FlowAct:
    return FlowAct(row["flow"], FlowState(row["state"]), row["run"], row["version"], row["noted_at"])


def to_document(stored: StoredFlow) -> Document:
    draft = stored.draft
    return {
        "_id": stored.id,
        **stored.model_dump(exclude={"id", "draft", "state"}),
        "state": stored.state.value,
        "draft": draft.model_dump(mode="json"),
        "search": fold(f"{stored.id}\n{draft.name}\n{draft.description}"),
    }


def to_flow(row: Document) -> StoredFlow:
    return StoredFlow.model_validate({"id": row.pop("_id")} | row)


def to_summary(row: Document) -> FlowSummary:
    return FlowSummary(id=row.pop("_id"), **row.pop("draft"), **row | {"state": FlowState(row["state"])})


def version_document(version: FlowVersion) -> Document:
    return {
        "_id": version_id(version.flow, version.version),
        **version.model_dump(exclude={"document"}),
        "document": version.document.model_dump(mode="json"),
    }
