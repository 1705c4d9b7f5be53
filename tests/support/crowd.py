"""Many contacts at once, put where they are kept: selections are about as large as their owners make them."""

from typing import Any

from common.adapters.mongo.client import Database
from common.adapters.mongo.contacts import CONTACTS, to_document
from common.domain.ids import partition_of
from tests.support.flows import a_contact

TOGETHER = 10_000


async def crowd(database: Database, selection: str, people: int, partitions: int, **fields: Any) -> None:
    """So many contacts on a selection: `vips-0`, `vips-1` …, alike but for their ids."""
    one = to_document(a_contact("x", **{"selections": [selection], **fields}), 1, partitions)
    names = [f"{selection}-{number}" for number in range(people)]
    for first in range(0, people, TOGETHER):
        rows = [
            one | {"_id": name, "partition": partition_of(name, partitions)}
            for name in names[first : first + TOGETHER]
        ]
        await database[CONTACTS].insert_many(rows, ordered=False)
