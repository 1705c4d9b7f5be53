"""Collection `contacts`: written by compare-and-set on the revision, by whoever changes a contact on the road."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel, InsertOne, ReplaceOne, UpdateOne

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.condition_queries import COLUMNS, NOBODY, pattern, stored_columns
from common.domain.conditions.clause import Part
from common.domain.conditions.folding import fold
from common.domain.contact import STORED, Contact
from common.domain.ids import partition_of
from common.domain.reassess import address_key
from common.ports import Write

CONTACTS = "contacts"
INDEXES: dict[str, list[IndexModel]] = {
    CONTACTS: [
        IndexModel(
            [("partition", ASCENDING), ("selections", ASCENDING), ("_id", ASCENDING)],
            name="contacts_on_a_selection",
        ),
        IndexModel([("partition", ASCENDING), ("_id", ASCENDING)], name="contacts_of_a_partition"),
        IndexModel(
            [("company.id", ASCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"company.id": {"$exists": True}},
            name="contacts_of_a_company",
        ),
        IndexModel(
            [("projects", ASCENDING)],
            partialFilterExpression={"projects": {"$exists": True}},
            name="contacts_on_a_project",
        ),
        *(
            IndexModel(
                [(f"{COLUMNS}.folded.{field}", ASCENDING)],
                partialFilterExpression={f"{COLUMNS}.folded.{field}": {"$exists": True}},
                name=f"contacts_by_{name}",
            )
            for field, name in (("email", "address"), ("company.name", "company"), ("last_name", "name"))
        ),
    ]
}
PLACED_AT_ONCE = 1_000
ONLY_HERE = ("v", "partition", COLUMNS)
"""Fields of the stored document that are not the contact's own."""

UNASKED: Document = {COLUMNS: 0}
"""What conditions see of a contact is as large as the contact itself, and only queries ask for it."""

COMPANY_ITSELF = ("id", "name", "category", "country", "owner", "service_contact")
MOST_NAMESAKES = 20
"""Of one address, looked at."""


class MongoContacts:
    """`partitions`: of the installation; each contact is stored with the one that it belongs to."""

    def __init__(self, database: Database, partitions: int) -> None:
        self._contacts = database[CONTACTS]
        self._partitions = partitions

    async def many(self, ids: Iterable[str]) -> dict[str, Contact]:
        with translated():
            found = self._contacts.find({"_id": {"$in": list(set(ids))}}, UNASKED)
            return {row["_id"]: to_contact(row) async for row in found}

    async def with_address(self, key: str) -> Sequence[str]:
        """Found by the folded address, which sees no accents, and then compared with them."""
        query = {f"{COLUMNS}.folded.email": fold(key)}
        with translated():
            found = self._contacts.find(query, {"email": 1}).sort("_id", ASCENDING).limit(MOST_NAMESAKES)
            return [row["_id"] async for row in found if address_key(row.get("email") or "") == key]

    async def of_company(self, company: str, after: str, limit: int) -> Sequence[str]:
        query = {"company.id": {"$eq": company}, "_id": {"$gt": after}}
        with translated():
            found = self._contacts.find(query, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
            return [row["_id"] async for row in found]

    async def with_addresses(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By address, the ids of all who have it; addresses that nobody has are left out."""
        wanted, found = set(keys), defaultdict[str, list[str]](list)
        query = {f"{COLUMNS}.folded.email": {"$in": sorted({fold(key) for key in wanted})}}
        with translated():
            async for row in self._contacts.find(query, {"email": 1}):
                key = address_key(row.get("email") or "")
                if key in wanted:
                    found[key].append(row["_id"])
        return found

    async def sought(self, text: str, limit: int) -> Sequence[Contact]:
        """Each way along an index."""
        *first, last = fold(text).split() or [""]
        whole = " ".join([*first, last])
        name = beginning("last_name", last) | (beginning("first_name", " ".join(first)) if first else {})
        ways: list[Document] = [{"_id": text.strip()}, name]
        ways += [beginning(field, whole) for field in ("email", "company.name")]
        with translated():
            found = self._contacts.find({"$or": ways}, UNASKED).sort("_id", ASCENDING).limit(limit)
            return [to_contact(row) async for row in found]

    async def company_named(self, name: str) -> Mapping[str, Any] | None:
        query = {f"{COLUMNS}.folded.company.name": fold(name), "company.id": {"$gt": ""}}
        with translated():
            row = await self._contacts.find_one(query, {"company": 1}, sort=[("_id", ASCENDING)])
        company = row["company"] if row else None
        return company and {field: company[field] for field in COMPANY_ITSELF if field in company}

    def save(self, contacts: Iterable[Contact], read: Mapping[str, Contact]) -> Sequence[Write]:
        """Insert those that were not `read`; replace the others if they still have the revision read."""
        operations: list[Any] = []
        replaced = 0
        for contact in contacts:
            known = read.get(contact.id)
            document = to_document(contact, known.revision + 1 if known else 1, self._partitions)
            if known is None:
                operations.append(InsertOne(document))
            else:
                replaced += 1
                operations.append(ReplaceOne({"_id": contact.id, "revision": known.revision}, document))
        return [Write(CONTACTS, operations, matches=replaced)] if operations else []


def beginning(field: str, text: str) -> Document:
    """As conditions see it: without case and accents. Of a text without words, nobody."""
    return (
        {f"{COLUMNS}.folded.{field}": {"$regex": pattern(Part.BEGINNING, text), "$gt": ""}}
        if text
        else NOBODY
    )


async def place_contacts(database: Database, partitions: int) -> None:
    """Note the partition of contacts that were stored before it was kept with them."""
    contacts = database[CONTACTS]
    with translated():
        while ids := [row["_id"] async for row in contacts.find(UNPLACED, {"_id": 1}).limit(PLACED_AT_ONCE)]:
            await contacts.bulk_write([_placing(contact, partitions) for contact in ids], ordered=False)


UNPLACED: Document = {"partition": None}


def _placing(contact: str, partitions: int) -> UpdateOne:
    place = {"$set": {"partition": partition_of(contact, partitions)}}
    return UpdateOne({"_id": contact, **UNPLACED}, place)


def to_document(contact: Contact, revision: int, partitions: int) -> Document:
    """The contact's data as it is, and once more as conditions see it."""
    data = contact.model_dump(exclude={"id", "revision"}, exclude_defaults=True)
    place = {"partition": partition_of(contact.id, partitions)}
    kept = {"_id": contact.id, "v": 1, "revision": revision}
    return kept | place | data | {COLUMNS: stored_columns(contact, data)}


def to_contact(document: Document) -> Contact:
    """A stored contact was validated when it came in: nested values are parsed, text is trusted."""
    document["id"] = document.pop("_id")
    for name in ONLY_HERE:
        document.pop(name, None)
    return Contact.model_validate(document, context=STORED)
