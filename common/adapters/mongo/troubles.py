"""What waits for a person in the whole installation, counted from indexes alone."""

from collections.abc import Mapping

from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.refused import REFUSED
from common.domain.effect import EffectState
from common.ports import Troubles

ANY_TEXT: Document = {"$gte": ""}
QUESTIONS: Mapping[str, tuple[Document, str]] = {
    PARKED: ({"service": ANY_TEXT}, "$service"),
    EFFECTS: ({"state": EffectState.IN_DOUBT.value, "channel": ANY_TEXT}, "$channel"),
    REFUSED: ({"way": ANY_TEXT}, "$way"),
}
"""By collection: of which documents, and told apart by what."""


class MongoTroubles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self) -> Troubles:
        parked, doubts, refused = [await self._count(collection) for collection in QUESTIONS]
        return Troubles(parked=parked, doubts=doubts, refused=refused)

    async def _count(self, collection: str) -> Mapping[str, int]:
        with translated():
            rows = await self._database[collection].aggregate(stages(collection))
            return {row["_id"]: row["number"] async for row in rows}


def stages(collection: str) -> list[Document]:
    which, by = QUESTIONS[collection]
    return [{"$match": which}, {"$group": {"_id": by, "number": {"$sum": 1}}}]
