"""The trigger put together."""

from common.adapters.mail.tokens import Tokens
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.contents import MongoContents
from common.adapters.mongo.effects import MongoEffects
from common.messages.topology import Service
from common.runtime.intake import Intake
from common.runtime.serve import App
from common.runtime.settings import Settings
from services.process import Parts, Process, assemble, open_process
from services.trigger import api, reader_api
from services.trigger.reader import Reader
from services.trigger.worker import TriggerHandler


async def parts(process: Process) -> Parts:
    intake = Intake(process.archive, process.metrics.intake, process.tracing)
    reader = Reader(
        tokens=Tokens(process.settings.signing_secret()),
        effects=MongoEffects(process.database),
        contents=MongoContents(process.database),
        flows=process.stored_flows,
        intake=intake,
    )
    return Parts(
        name="trigger",
        loops={Service.TRIGGER: process.loops_for(TriggerHandler(MongoContacts(process.database)))},
        routers=(api.router(intake, process.metrics), reader_api.router(reader)),
    )


async def build(settings: Settings) -> App:
    """The trigger as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
