"""The studio put together."""

from collections.abc import Sequence

from fastapi import APIRouter

from common.adapters.mail.linting import lint
from common.adapters.mongo.contents import MongoContents
from common.adapters.mongo.drained import MongoDrained
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.selections import MongoSelections
from common.runtime.keys import first_key
from common.runtime.serve import App, Worker
from common.runtime.settings import Settings
from common.runtime.stepping import Stepper
from services.process import Process, open_process
from services.studio.api import Studio, routers
from services.studio.contents_api import ContentDesigns
from services.studio.flow_designs import Designs
from services.studio.life_cycle import LifeCycle
from services.studio.worker import ActFinisher


async def parts(process: Process) -> tuple[Sequence[APIRouter], Sequence[Worker]]:
    """Routes and workers of the studio in a process; sees to the first key."""
    keys = MongoKeys(process.database)
    await first_key(keys, process.settings.key_file)
    studio = studio_on(process, keys)
    return routers(studio), [ActFinisher(studio.life).run]


def studio_on(process: Process, keys: MongoKeys) -> Studio:
    database, flows, clock = process.database, process.stored_flows, process.clock
    contents, selections = MongoContents(database), MongoSelections(database)
    designs = Designs(flows, contents, selections, MongoParticipants(database), clock)
    return Studio(
        life=LifeCycle(designs, process.rows, process.batches),
        contents=ContentDesigns(contents, flows, clock, lint),
        selections=selections,
        keys=keys,
        stepper=Stepper(clock, MongoDrained(database, process.partitions), process.bells.ring_all),
    )


async def build(settings: Settings) -> App:
    """The studio as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    routes, workers = await parts(process)
    return App(
        name="studio",
        routers=routes,
        workers=workers,
        keys=process.keys,
        health=process.health,
        metrics=process.metrics,
        closing=process.closing,
    )
