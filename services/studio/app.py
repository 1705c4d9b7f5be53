"""The studio put together."""

from common.adapters.mail.linting import lint
from common.adapters.mongo.contents import MongoContents
from common.adapters.mongo.drained import MongoDrained
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.selections import MongoSelections
from common.messages.topology import Service
from common.runtime.keys import first_key
from common.runtime.serve import App
from common.runtime.settings import Settings
from common.runtime.stepping import Stepper
from services.process import Parts, Process, assemble, open_process
from services.studio.api import Studio, routers
from services.studio.contents_api import ContentDesigns
from services.studio.flow_designs import Designs
from services.studio.life_cycle import LifeCycle
from services.studio.worker import ActFinisher


async def parts(process: Process) -> Parts:
    """The studio in a process; sees to the first key."""
    keys = MongoKeys(process.database)
    await first_key(keys, process.settings.key_file)
    studio = studio_on(process, keys)
    return Parts(name="studio", routers=routers(studio), workers=[ActFinisher(studio.life).run])


def studio_on(process: Process, keys: MongoKeys) -> Studio:
    database, flows, clock = process.database, process.stored_flows, process.clock
    contents, selections = MongoContents(database), MongoSelections(database)
    designs = Designs(flows, contents, selections, MongoParticipants(database), clock)
    return Studio(
        life=LifeCycle(designs, process.rows, process.batches),
        contents=ContentDesigns(contents, flows, clock, lint),
        selections=selections,
        keys=keys,
        stepper=Stepper(
            clock,
            MongoDrained(database, process.partitions),
            lambda: process.bells.ring_service(Service.EXECUTOR),
        ),
    )


async def build(settings: Settings) -> App:
    """The studio as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
