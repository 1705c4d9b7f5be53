"""The filter service put together."""

from common.adapters.mongo.segments import MongoSegments
from common.messages.topology import Service
from common.runtime.serve import App
from common.runtime.settings import Settings
from services.filter import api
from services.filter.worker import FilterHandler
from services.process import Parts, Process, assemble, open_process


async def parts(process: Process) -> Parts:
    return Parts(
        name="filter",
        loops={Service.FILTER: process.loops_for(FilterHandler(process.flows))},
        routers=(api.router(MongoSegments(process.database), process.clock),),
    )


async def build(settings: Settings) -> App:
    """The filter service as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
