"""The reporting service put together."""

from collections.abc import Sequence

from common.adapters.exports.encoders import encoder
from common.adapters.exports.parquet import NoParquet
from common.adapters.exports.places import PlaceTrouble, place
from common.adapters.mongo.export_turns import MongoExportTurns
from common.adapters.mongo.report_reader import MongoReportTables
from common.adapters.mongo.reports import MongoReports
from common.adapters.rabbitmq.outside_events import RabbitOutsideEvents
from common.domain.report_tables import TABLES
from common.messages.topology import Service
from common.ports import OutsideEvents
from common.ports.report_tables import ReportTables
from common.runtime.serve import App, CantStart, Worker
from common.runtime.settings import Settings
from services.process import Parts, Process, assemble, open_process
from services.reporting import api, exports_api, odata_api, verification_api
from services.reporting.outside import OutsideHandler
from services.reporting.scheduled_export import ScheduledExport
from services.reporting.verification import Verification
from services.reporting.versions import Versions
from services.reporting.worker import ReportingHandler


async def parts(process: Process) -> Parts:
    reports, tables = MongoReports(process.database), MongoReportTables(process.database)
    versions = Versions(process.stored_flows, reports)
    verification = Verification(
        process.database, Versions(process.stored_flows, None), process.batches, process.partitions
    )
    outside = await open_outside(process)
    loops = {
        Service.REPORTING: process.loops_for(
            ReportingHandler(reports, versions, outside=outside is not None)
        ),
    }
    if outside is not None:
        telling = OutsideHandler(outside, process.metrics.outside_events)
        loops[Service.OUTSIDE] = process.loops_for(telling)
    return Parts(
        name="reporting",
        loops=loops,
        workers=scheduled(process, tables),
        routers=(
            api.router(reports, process.stored_flows, process.clock, lambda: process.health.stopping),
            verification_api.router(verification),
            exports_api.router(tables),
            *odata_api.routers(tables, process.settings.public_url),
        ),
    )


def scheduled(process: Process, tables: ReportTables) -> Sequence[Worker]:
    """The export by the clock, if there is to be one. Raises `CantStart`."""
    wanted = process.settings.export
    if wanted.to is None:
        return ()
    try:
        encoder(wanted.form, next(iter(TABLES.values())).columns)
        return (ScheduledExport(tables, MongoExportTurns(process.database), place(wanted.to), wanted).run,)
    except (NoParquet, PlaceTrouble) as error:
        raise CantStart(str(error)) from None


async def open_outside(process: Process) -> OutsideEvents | None:
    """The way to other systems, if they are to be told."""
    settings = process.settings
    if not settings.outside_events or settings.amqp_url is None:
        return None
    await process.rows.add(Service.OUTSIDE, process.partitions)
    outside = RabbitOutsideEvents(settings.amqp_url.get_secret_value(), prefix=settings.queue_prefix)
    await outside.start()
    process.closing.push_async_callback(outside.stop)
    return outside


async def build(settings: Settings) -> App:
    """The reporting service as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
