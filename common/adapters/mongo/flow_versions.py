"""Collection `flow_versions` as a list: which versions a flow has had."""

from collections.abc import Sequence

from pymongo import ASCENDING, DESCENDING, IndexModel

from common.adapters.mongo.client import Database, translated
from common.ports import VersionLine

VERSIONS = "flow_versions"
INDEXES = {VERSIONS: [IndexModel([("flow", ASCENDING), ("version", DESCENDING)], name="versions_of_a_flow")]}


class MongoFlowVersions:
    def __init__(self, database: Database) -> None:
        self._versions = database[VERSIONS]

    async def listed(self, flow: str, *, before: int | None, limit: int) -> Sequence[VersionLine]:
        query: dict[str, object] = {"flow": flow} | ({"version": {"$lt": before}} if before else {})
        shown = {"_id": 0, "version": 1, "frozen_at": 1, "document.name": 1}
        with translated():
            rows = self._versions.find(query, shown).sort("version", DESCENDING).limit(limit)
            return [
                VersionLine(row["version"], row["document"]["name"], row["frozen_at"]) async for row in rows
            ]
