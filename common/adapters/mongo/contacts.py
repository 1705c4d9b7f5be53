"""Collection `contacts`: written by compare-and-set on the revision, by whoever changes a contact on the road."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import InsertOne, ReplaceOne

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.condition_queries import COLUMNS, stored_columns
from common.domain.contact import Contact
from common.ports import Write

CONTACTS = "contacts"


class MongoContacts:
    def __init__(self, database: Database) -> None:
        self._contacts = database[CONTACTS]

    async def many(self, ids: Iterable[str]) -> dict[str, Contact]:
        with translated():
            found = self._contacts.find({"_id": {"$in": list(set(ids))}})
            return {row["_id"]: to_contact(row) async for row in found}

    def save(self, contacts: Iterable[Contact], read: Mapping[str, Contact]) -> Sequence[Write]:
        """Insert those that were not `read`; replace the others if they still have the revision read."""
        operations: list[Any] = []
        replaced = 0
        for contact in contacts:
            known = read.get(contact.id)
            document = to_document(contact, revision=known.revision + 1 if known else 1)
            if known is None:
                operations.append(InsertOne(document))
            else:
                replaced += 1
                operations.append(ReplaceOne({"_id": contact.id, "revision": known.revision}, document))
        return [Write(CONTACTS, operations, matches=replaced)] if operations else []


def to_document(contact: Contact, revision: int) -> Document:
    """The contact's data as it is, and once more as conditions see it."""
    data = contact.model_dump(exclude={"id", "revision"}, exclude_defaults=True)
    return {"_id": contact.id, "v": 1, "revision": revision} | data | {COLUMNS: stored_columns(contact)}


def to_contact(document: Document) -> Contact:
    """A stored contact was validated when it came in: nested values are parsed, text is trusted."""
    document["id"] = document.pop("_id")
    document.pop("v", None)
    document.pop(COLUMNS, None)
    return Contact.model_validate(document)
