"""Erasing a contact's values from every collection. Ids and totals stay; collection `forgotten` says who and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.addresses import ADDRESSES
from common.adapters.mongo.archive import EVENTS
from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, Document, in_transaction, one_moment, translated
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.crm_events import CRM_EVENTS
from common.adapters.mongo.crm_people import CRM_PEOPLE
from common.adapters.mongo.crm_records import BLANK, COLLECTION_OF
from common.adapters.mongo.decisions import DECISIONS
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.forms import FILES, SUBMISSIONS
from common.adapters.mongo.participants import PARTICIPANTS
from common.adapters.mongo.refused import REFUSED
from common.adapters.mongo.visits import VISITS
from common.adapters.mongo.work import WORK
from common.domain.effect import OPEN_STATES
from common.domain.forms.submission import SubmissionState
from common.domain.ids import partition_of
from common.domain.reasons import DropOut, Status
from common.domain.reassess import address_key
from common.messages.topology import Service

FORGOTTEN = "forgotten"
INDEXES: dict[str, list[Any]] = {FORGOTTEN: []}

ERASED = "(erased)"
"""Stands where a value was."""

TELLS_NOTHING = [
    "action", "branch", "channel", "content", "effect", "flow", "raised", "record", "success", "until",
]  # fmt: skip
"""What an explanation may keep beside its closed words: names of the flow's, ids and times of ours."""

ERASED_STATE: Document = {
    "$cond": [{"$eq": ["$state", SubmissionState.PROCESSED]}, "$state", SubmissionState.DISCARDED]
}
"""Of a submission without answers nothing can be made any more."""

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Traces:
    """What of a contact is still moving: `ticket` names the service that has one to take; effects that nobody has
    `planned` yet to send, or that are `going` out; whether it is `inside` any flow."""

    ticket: str | None
    planned: bool
    going: bool
    inside: bool

    @property
    def still(self) -> bool:
        return not (self.ticket or self.planned or self.going or self.inside)


class MongoErasure:
    def __init__(self, database: Database, partitions: int) -> None:
        self._database = database
        self._partitions = partitions

    async def begin(self, contact: str) -> None:
        """Note who is to be forgotten, with the addresses that it was written to, until that is done."""
        addresses = await self._addresses(contact)
        noted: Document = {
            "$set": {"v": 1, "asked_at": datetime.now(UTC), "done_at": None},
            "$addToSet": {"addresses": {"$each": sorted(addresses)}},
        }
        with translated():
            await self._database[FORGOTTEN].update_one({"_id": contact}, noted, upsert=True)

    async def unfinished(self) -> Sequence[str]:
        """Those who were to be forgotten and are not yet."""
        with translated():
            return [row["_id"] async for row in self._database[FORGOTTEN].find({"done_at": None}, {"_id": 1})]

    async def traces(self, contact: str) -> Traces:
        async with one_moment(self._database) as session:
            return await self._traces(contact, session)

    async def erase(self, contact: str) -> Mapping[str, int]:
        """Erase what lies still, for now; answers how many documents, by collection."""
        return await in_transaction(self._database, lambda s: self._erase(contact, s), SECONDS)

    async def finish(self, contact: str) -> Mapping[str, int] | None:
        """Erase all in one transaction, if nothing of the contact moves at that moment; `None`: something did."""

        async def body(session: AsyncClientSession) -> Mapping[str, int] | None:
            if not (await self._traces(contact, session)).still:
                return None
            counts = await self._erase(contact, session)
            done = {"$set": {"done_at": datetime.now(UTC)}, "$unset": {"addresses": ""}}
            await self._database[FORGOTTEN].update_one({"_id": contact}, done, session=session)
            return counts

        return await in_transaction(self._database, body, SECONDS)

    async def _traces(self, contact: str, session: AsyncClientSession) -> Traces:
        partition = partition_of(contact, self._partitions)
        database = self._database
        ticket = await database[WORK].find_one(
            {"service": {"$in": list(Service)}, "partition": partition, "records.contact": contact},
            {"service": 1},
            session=session,
        )
        open_states = {"contact": contact, "state": {"$in": sorted(OPEN_STATES)}}
        states = {row["state"] async for row in database[EFFECTS].find(open_states, session=session)}
        inside = await database[PARTICIPANTS].find_one(
            {"contact": contact, "status": Status.ACTIVE}, {"_id": 1}, session=session
        )
        return Traces(
            ticket=ticket["service"] if ticket else None,
            planned="planned" in states,
            going=bool(states - {"planned"}),
            inside=inside is not None,
        )

    async def _addresses(self, contact: str) -> set[str]:
        """The keys of all addresses that the contact has, or is known to have had."""
        fields = {"email": 1, "data.email": 1, "before.email": 1}
        with translated():
            known = await self._database[CONTACTS].find_one({"_id": contact}, fields) or {}
            events = [row async for row in self._database[EVENTS].find({"contact": contact}, fields)]
        named: Iterable[Any] = [
            source.get("email")
            for row in [known, *events]
            for source in (row, row.get("data", {}), row.get("before", {}))
        ]
        return {address_key(address) for address in named if isinstance(address, str)}

    async def _erase(self, contact: str, session: AsyncClientSession) -> Mapping[str, int]:
        database = self._database
        noted = await database[FORGOTTEN].find_one({"_id": contact}, session=session) or {}
        submitted = await self._submissions_of(contact, noted.get("addresses", []), session)
        counts = {
            name: (await database[name].update_many({"contact": contact} | query, update, session=session))
            for name, (query, update) in BLANKED.items()
        }
        gone: dict[str, Document] = {
            CONTACTS: {"_id": contact},
            CRM_PEOPLE: {"_id": contact},
            ADDRESSES: {"_id": {"$in": noted.get("addresses", [])}},
            PARKED: {"record.contact": contact},
            REFUSED: {"contacts": contact},
            CRM_EVENTS: {"record.contact": contact},
            VISITS: {"contact": contact},
            FILES: {"_id": {"$in": submitted}},
        }
        removed = {
            name: await database[name].delete_many(query, session=session) for name, query in gone.items()
        }
        nothing: Document = {"$literal": {}}
        blanked: Document = {"answers": nothing, "files": nothing, "origin": nothing}
        blanked |= {"address": None, "candidates": [], "erased": True}
        counts[SUBMISSIONS] = await database[SUBMISSIONS].update_many(
            {"_id": {"$in": submitted}}, [{"$set": blanked | {"state": ERASED_STATE}}], session=session
        )
        found = {name: result.modified_count for name, result in counts.items()}
        return found | {name: result.deleted_count for name, result in removed.items()}

    async def _submissions_of(
        self, contact: str, addresses: list[str], session: AsyncClientSession
    ) -> list[str]:
        """What the contact has submitted, and what came from its addresses."""
        theirs: Document = {
            "$or": [{"contact": contact}, {"opener": contact}, {"address": {"$in": addresses}}],
            "erased": {"$ne": True},
        }
        rows = self._database[SUBMISSIONS].find(theirs, {"_id": 1}, session=session)
        return [row["_id"] async for row in rows]


def _without_values(seen: str) -> Document:
    """The lines that decided, without the values they met."""
    blank = {"$mergeObjects": ["$$line", {"value": ERASED}]}
    return {"$map": {"input": {"$ifNull": [seen, []]}, "as": "line", "in": blank}}


def _closed_words() -> Document:
    """Of what an entry says why, only what can't be about a person."""
    reason = {"$and": [{"$eq": ["$$told.k", "reason"]}, {"$in": ["$$told.v", sorted(DropOut)]}]}
    kept = {"$or": [{"$in": ["$$told.k", TELLS_NOTHING]}, reason]}
    told = {"$objectToArray": {"$ifNull": ["$$entry.why", {}]}}
    return {"$arrayToObject": {"$filter": {"input": told, "as": "told", "cond": kept}}}


def _entries() -> Document:
    blank = {"$mergeObjects": ["$$entry", {"why": _closed_words()}]}
    return {"$map": {"input": {"$ifNull": ["$entries", []]}, "as": "entry", "in": blank}}


BLANKED: Mapping[str, tuple[Document, Any]] = {
    EVENTS: ({}, {"$set": {"data": {}, "before": {}, "erased": True}}),
    DECISIONS: ({}, [{"$set": {"seen": _without_values("$seen"), "entries": _entries()}}]),
    EFFECTS: (
        {"state": {"$nin": sorted(OPEN_STATES)}},
        {"$set": {"settings": {}, "reason": None}, "$unset": {"token": ""}},
    ),
    PARTICIPANTS: (
        {"status": {"$ne": Status.ACTIVE}},
        {"$set": {"slots": {}}, "$unset": {"reason_text": ""}},
    ),
    **{name: ({"erased": False}, BLANK) for name in COLLECTION_OF.values()},
}
"""By collection: which of the contact's documents keep their ids, and how they lose their values."""
