"""Collection `sender_domains`: one document with the domains from which mail may be sent."""

from datetime import datetime

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.sender_domains import SenderDomains, StoredSenderDomains

SENDER_DOMAINS = "sender_domains"
INDEXES: dict[str, list[IndexModel]] = {SENDER_DOMAINS: []}
ALL = "all"


class MongoSenderDomains:
    def __init__(self, database: Database) -> None:
        self._domains = database[SENDER_DOMAINS]

    async def all(self) -> StoredSenderDomains:
        with translated():
            row = await self._domains.find_one({"_id": ALL}, {"_id": 0})
        return StoredSenderDomains.model_validate(row or {})

    async def replace(self, wanted: SenderDomains, *, read: int, at: datetime) -> StoredSenderDomains | None:
        stored = StoredSenderDomains(domains=wanted.domains, revision=read + 1, updated_at=at)
        document: Document = stored.model_dump(mode="json") | {"updated_at": at}
        try:
            with translated():
                result = await self._domains.replace_one(
                    {"_id": ALL, "revision": read}, document, upsert=read == 0
                )
        except DuplicateKeyError:
            return None
        return stored if result.modified_count or result.upserted_id is not None else None
