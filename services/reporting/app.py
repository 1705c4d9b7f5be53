"""The reporting service put together."""

from common.adapters.mongo.reports import MongoReports
from common.messages.topology import Service
from common.runtime.serve import App
from common.runtime.settings import Settings
from services.process import Parts, Process, assemble, open_process
from services.reporting import api
from services.reporting.worker import ReportingHandler


async def parts(process: Process) -> Parts:
    reports = MongoReports(process.database)
    return Parts(
        name="reporting",
        loops={Service.REPORTING: process.loops_for(ReportingHandler(reports))},
        routers=(api.router(reports, process.stored_flows, process.clock),),
    )


async def build(settings: Settings) -> App:
    """The reporting service as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
