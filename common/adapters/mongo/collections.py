"""Every collection and its indexes, made at start: a transaction can't write to a collection that isn't there."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from common.adapters.mongo import (
    addresses,
    archive,
    attachments,
    bulk,
    caps,
    contacts,
    contents,
    crm_events,
    crm_looks,
    crm_people,
    crm_records,
    decisions,
    effects,
    erasure,
    export_turns,
    flows,
    forms,
    held_addresses,
    keys,
    owner_turns,
    participants,
    projects,
    refused,
    report_counts,
    reports,
    retention,
    schedules,
    selections,
    sender_domains,
    subscription_types,
    users,
    visits,
    work,
)
from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, translated
from common.adapters.mongo.clock import CLOCK
from common.adapters.mongo.partitions import INSTALLATION, MEMBERS, PARTITIONS
from common.adapters.mongo.report_views import VIEWS, View

NAMESPACE_EXISTS = 48

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    CLOCK: [],
    INSTALLATION: [],
    MEMBERS: [],
    PARKED: [IndexModel([("service", ASCENDING)], name="parked_by_service")],
    PARTITIONS: [],
    **addresses.INDEXES,
    **archive.INDEXES,
    **attachments.INDEXES,
    **bulk.INDEXES,
    **caps.INDEXES,
    **contacts.INDEXES,
    **contents.INDEXES,
    **crm_events.INDEXES,
    **crm_looks.INDEXES,
    **crm_people.INDEXES,
    **crm_records.INDEXES,
    **decisions.INDEXES,
    **effects.INDEXES,
    **erasure.INDEXES,
    **export_turns.INDEXES,
    **flows.INDEXES,
    **held_addresses.INDEXES,
    **owner_turns.INDEXES,
    **forms.INDEXES,
    **keys.INDEXES,
    **participants.INDEXES,
    **projects.INDEXES,
    **refused.INDEXES,
    **report_counts.INDEXES,
    **reports.INDEXES,
    **retention.INDEXES,
    **schedules.INDEXES,
    **selections.INDEXES,
    **sender_domains.INDEXES,
    **subscription_types.INDEXES,
    **users.INDEXES,
    **visits.INDEXES,
    **work.INDEXES,
}


async def ensure_collections(database: Database) -> None:
    """Create what is missing; several processes may do so at once."""
    with translated():
        present = set(await database.list_collection_names())
        for name, indexes in COLLECTIONS.items():
            if name not in present:
                await _create(database, name)
            if indexes:
                await database[name].create_indexes(list(indexes))
        for name, view in VIEWS.items():
            if name in present:
                await _keep_up(database, name, view)
            else:
                await _create(database, name, viewOn=view.of, pipeline=view.pipeline)


async def _keep_up(database: Database, name: str, view: View) -> None:
    """A view as this release has it; nothing is done to one that is so already."""
    (stored,) = await (await database.list_collections(filter={"name": name})).to_list()
    if stored["options"] != {"viewOn": view.of, "pipeline": view.pipeline}:
        await database.command("collMod", name, viewOn=view.of, pipeline=view.pipeline)


async def _create(database: Database, name: str, **options: Any) -> None:
    """Another process may be first: the driver finds that out before it asks, or the server when asked."""
    try:
        await database.create_collection(name, **options)
    except CollectionInvalid:
        return
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:
            raise
