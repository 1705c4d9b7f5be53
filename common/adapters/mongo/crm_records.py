"""The built-in CRM: collections `sales`, `requests` and `follow_ups`, under the ids of the effects that made them.

What is made raises the event that a CRM outside would tell of, in the same transaction.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar, assert_never

from pymongo import ASCENDING, IndexModel, InsertOne

from common.adapters.mongo.client import Database, Document, translated
from common.domain.crm_act import NewFollowUp, NewOwner, NewRequest, NewSale, ScriptRun
from common.domain.crm_record import CrmRecord, FollowUp, Request, Sale
from common.domain.delivery import Delivered, Delivery, Refused, Unreached
from common.domain.ids import digest
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Archive, Batches, Commit, Committed, Deed, Unavailable, Unstorable, Write

Kept = TypeVar("Kept", Sale, Request, FollowUp)

COLLECTION_OF: dict[type[CrmRecord], str] = {Sale: "sales", Request: "requests", FollowUp: "follow_ups"}
INDEXES: dict[str, list[IndexModel]] = {
    "sales": [IndexModel([("contact", ASCENDING), ("_id", ASCENDING)], name="sales_of_a_contact")],
    "requests": [IndexModel([("contact", ASCENDING), ("_id", ASCENDING)], name="requests_of_a_contact")],
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

NO_SCRIPTS = "the built-in CRM has no scripts"


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
            case NewRequest() as act:
                return await self._keep(deed, request(deed, act))
            case NewSale() as act:
                return await self._keep(deed, sale(deed, act))
            case NewFollowUp() as act:
                return await self._keep(deed, follow_up(deed, act))
            case NewOwner():
                return Delivered("the contact carries its owner")
            case ScriptRun():
                return Refused(NO_SCRIPTS, permanent=True, of_address=False)
        assert_never(deed.act)

    async def _keep(self, deed: Deed, made: CrmRecord) -> Delivery:
        """Once, with its event; nothing is half done."""
        collection = COLLECTION_OF[type(made)]
        try:
            if await self._is_there(collection, deed.id):
                return Delivered("was done before")
            event = raised(deed, made)
            writes = [Write(collection, [InsertOne(to_document(made))]), *self._archive.raised([event])]
            commit = Commit(writes=writes, posted=[(Service.TRIGGER, event)])
            done = (await self._batches.commit(commit)).outcome is Committed.DONE
        except Unavailable as error:
            return Unreached(str(error))
        except Unstorable as error:
            return Refused(str(error), permanent=True, of_address=False)
        if done or await self._is_there(collection, deed.id):
            return Delivered(f"kept in {collection}")
        return Refused("its event was archived, but not it", permanent=True, of_address=False)

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


def raised(deed: Deed, made: CrmRecord) -> Record:
    """As a CRM outside would tell of it, with what led to it."""
    return Record(
        id=digest("crm record", made.id),
        type=made.raises,
        source=f"headrace/flows/{deed.flow}",
        contact=made.contact,
        time=deed.now,
        data=made.event(),
        cause=deed.cause,
        depth=deed.depth,
    )


def request(deed: Deed, act: NewRequest) -> Request:
    """An owner is found among those to whom the contact belongs."""
    found = deed.contact.our_service_contact or deed.contact.our_contact
    owner = found if act.automatic else act.owner
    return Request(**shared(deed, owner), **act.model_dump(exclude={"kind", "automatic", "owner"}))


def sale(deed: Deed, act: NewSale) -> Sale:
    return Sale(**shared(deed, act.owner), **act.model_dump(exclude={"kind", "owner"}))


def follow_up(deed: Deed, act: NewFollowUp) -> FollowUp:
    told = act.model_dump(exclude={"kind", "owner", "minutes", "zone"})
    return FollowUp(**shared(deed, act.owner), **told, ends=act.begins + timedelta(minutes=act.minutes))


def shared(deed: Deed, owner: str | None) -> dict[str, Any]:
    company = deed.contact.company
    return {
        "id": deed.id,
        "contact": deed.contact.id,
        "company": (company.id or None) if company else None,
        "owner": owner,
        "flow": deed.flow,
        "created_at": deed.now,
    }


def to_document(made: CrmRecord) -> Document:
    return {"_id": made.id, **made.model_dump(exclude={"id"})}
