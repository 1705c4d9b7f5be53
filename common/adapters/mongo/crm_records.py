"""The built-in CRM: collections `sales`, `requests` and `follow_ups`, under the ids of the effects that made them.

What is made raises the event that a CRM outside would tell of, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar, assert_never

from pymongo import ASCENDING, IndexModel, InsertOne, ReturnDocument, UpdateOne

from common.adapters.crm.making import Spans, made, raised
from common.adapters.mongo.client import Database, Document, translated
from common.domain.crm_act import NewFollowUp, NewRequest, NewSale, ScriptRun, Telling
from common.domain.crm_record import CrmRecord, FollowUp, Request, Sale
from common.domain.delivery import Delivered, Delivery, Refused, Unreached
from common.messages.topology import Service
from common.ports import Archive, Batches, Commit, Committed, Deed, Unavailable, Unstorable, Write

Kept = TypeVar("Kept", Sale, Request, FollowUp)

COLLECTION_OF: dict[type[CrmRecord], str] = {Sale: "sales", Request: "requests", FollowUp: "follow_ups"}
DIARIES = "diaries"
"""How many meetings each owner's diary has been given, so that no two are entered at once."""

ATTEMPTS = 5
INDEXES: dict[str, list[IndexModel]] = {
    "sales": [IndexModel([("contact", ASCENDING), ("_id", ASCENDING)], name="sales_of_a_contact")],
    "requests": [IndexModel([("contact", ASCENDING), ("_id", ASCENDING)], name="requests_of_a_contact")],
    DIARIES: [],
    "follow_ups": [
        IndexModel([("contact", ASCENDING), ("_id", ASCENDING)], name="follow_ups_of_a_contact"),
        IndexModel([("owner", ASCENDING), ("ends", ASCENDING)], name="diaries"),
    ],
}

BLANK: Document = {
    "$set": {"title": "", "erased": True, "company": None},
    "$unset": {"message": "", "description": "", "agenda": ""},
}
"""What was said of a contact that is forgotten goes; what it came to in figures stays."""

NO_SCRIPTS = "the built-in CRM has no scripts; set HEADRACE_CRM_KIND to a CRM that has"


class BuiltInCrm:
    """Knows repeats: a second record for one effect is none."""

    knows_repeats = True
    timeout = 12.0
    """The driver's own patience is 10 seconds for each question."""

    def __init__(self, database: Database, batches: Batches, archive: Archive) -> None:
        self._database = database
        self._batches = batches
        self._archive = archive

    async def perform(self, deed: Deed) -> Delivery:
        match deed.act:
            case NewFollowUp(meeting=True, free=False, owner=str()) as act:
                return await self._enter(deed, act)
            case NewRequest() | NewSale() | NewFollowUp():
                return await self._keep(deed)
            case Telling():
                return Delivered("the contact carries it")
            case ScriptRun():
                return Refused(NO_SCRIPTS, permanent=True, of_address=False)
        assert_never(deed.act)

    async def _enter(self, deed: Deed, act: NewFollowUp) -> Delivery:
        """A meeting into its owner's diary; where another came first, the time is sought again."""
        for _ in range(ATTEMPTS):
            try:
                page, busy = await self._diary(act)
            except Unavailable as error:
                return Unreached(str(error))
            done = await self._keep(deed, busy, page)
            if not isinstance(done, Refused) or done.permanent:
                return done
        return Refused("the owner's diary is changing all the time", permanent=False, of_address=False)

    async def _diary(self, act: NewFollowUp) -> tuple[Write, list[tuple[datetime, datetime]]]:
        """What must not have changed, and when its owner is busy from then on."""
        with translated():
            fresh: Document = {"$setOnInsert": {"v": 1, "entries": 0}}
            kept = await self._database[DIARIES].find_one_and_update(
                {"_id": act.owner}, fresh, upsert=True, return_document=ReturnDocument.AFTER
            )
            assert kept is not None, "it is made where there is none"
            meetings: Document = {
                "owner": act.owner,
                "ends": {"$gt": act.begins},
                "meeting": True,
                "free": False,
            }
            rows = self._database[COLLECTION_OF[FollowUp]].find(meetings, {"begins": 1, "ends": 1})
            busy = [(row["begins"], row["ends"]) async for row in rows]
        as_read = {"_id": act.owner, "entries": kept["entries"]}
        return Write(DIARIES, [UpdateOne(as_read, {"$inc": {"entries": 1}})], matches=1), busy

    async def _keep(self, deed: Deed, busy: Spans = (), *more: Write) -> Delivery:
        """Once, with its event; nothing is half done."""
        record = made(deed, busy)
        assert record is not None, "asked of those alone that make one"
        collection = COLLECTION_OF[type(record)]
        try:
            if await self._is_there(collection, deed.id):
                return Delivered("was done before")
            event = raised(deed, record)
            writes = [Write(collection, [InsertOne(to_document(record))]), *self._archive.raised([event])]
            commit = Commit(writes=[*more, *writes], posted=[(Service.TRIGGER, event)])
            done = (await self._batches.commit(commit)).outcome is Committed.DONE
        except Unavailable as error:
            return Unreached(str(error))
        except Unstorable as error:
            return Refused(str(error), permanent=True, of_address=False)
        if done:
            return Delivered(f"kept in {collection}")
        return Refused("another was first", permanent=False, of_address=False)

    async def _is_there(self, collection: str, key: str) -> bool:
        with translated():
            return await self._database[collection].find_one({"_id": key}, {"_id": 1}) is not None


class MongoCrmRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def sales(self, *, contact: str | None, after: str | None, limit: int) -> Sequence[Sale]:
        return await self._page(Sale, contact, after, limit)

    async def requests(self, *, contact: str | None, after: str | None, limit: int) -> Sequence[Request]:
        return await self._page(Request, contact, after, limit)

    async def follow_ups(self, *, contact: str | None, after: str | None, limit: int) -> Sequence[FollowUp]:
        return await self._page(FollowUp, contact, after, limit)

    async def _page(
        self, kind: type[Kept], contact: str | None, after: str | None, limit: int
    ) -> Sequence[Kept]:
        query: Document = {} if contact is None else {"contact": contact}
        if after is not None:
            query["_id"] = {"$gt": after}
        with translated():
            rows = self._database[COLLECTION_OF[kind]].find(query).sort("_id", ASCENDING).limit(limit)
            return [kind.model_validate({"id": row.pop("_id")} | row) async for row in rows]


def to_document(made: CrmRecord) -> Document:
    return {"_id": made.id, **made.model_dump(exclude={"id"})}
