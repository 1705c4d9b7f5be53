"""The studio put together."""

from datetime import timedelta

from common.adapters.colleagues import Colleagues
from common.adapters.mail.doubtful_links import doubts
from common.adapters.mail.letters import template_problems
from common.adapters.mail.linting import lint
from common.adapters.mail.senders import Senders
from common.adapters.mail.texts import lint_text
from common.adapters.mongo.addresses import MongoAddresses
from common.adapters.mongo.attachments import MongoAttachments
from common.adapters.mongo.caps import MongoCaps
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.contents import MongoContents
from common.adapters.mongo.crm_changes import MongoCrmChanges
from common.adapters.mongo.drained import MongoDrained
from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.erasure import MongoErasure
from common.adapters.mongo.flow_versions import MongoFlowVersions
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.operations import MongoOperations
from common.adapters.mongo.parked import MongoParked
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.projects import MongoProjects
from common.adapters.mongo.retention import Kept, MongoRetention
from common.adapters.mongo.selected import MongoSelected
from common.adapters.mongo.selections import MongoSelections
from common.adapters.mongo.sender_domains import MongoSenderDomains
from common.adapters.mongo.subscription_types import MongoSubscriptionTypes
from common.adapters.mongo.troubles import MongoTroubles
from common.adapters.mongo.undecided import MongoUndecided
from common.adapters.mongo.users import MongoUsers
from common.domain.sms import SMS
from common.domain.steps.notify_by_sms import NOTIFY_SMS
from common.messages.topology import Service
from common.runtime.gauges import TroubleGauges
from common.runtime.intake import Intake
from common.runtime.keys import first_key
from common.runtime.serve import App
from common.runtime.settings import PREFIX, RetentionSettings, Settings
from common.runtime.stepping import Stepper
from services.form_desk import form_desk
from services.process import Parts, Process, assemble, open_process
from services.studio.address_tasks import AddressTasks
from services.studio.api import Studio, routers
from services.studio.contents_api import ContentDesigns
from services.studio.flow_designs import Designs
from services.studio.flow_usage import Usage
from services.studio.forms_api import FormDesigns
from services.studio.life_cycle import LifeCycle
from services.studio.operations.api import Operations
from services.studio.operations.effects_api import Doubts
from services.studio.operations.erasure import Eraser
from services.studio.operations.lateness import Overseer
from services.studio.operations.replay import Replay
from services.studio.operations.retention import Retention
from services.studio.previews_api import Previews
from services.studio.submissions_api import Queue
from services.studio.worker import ActFinisher


async def parts(process: Process) -> Parts:
    """The studio in a process; sees to the first key."""
    keys = MongoKeys(process.database)
    await first_key(keys, process.settings.key_file)
    studio = studio_on(process, keys)
    retention = Retention(MongoRetention(process.database), studio.operations.ages)
    troubles = TroubleGauges(process.metrics, MongoTroubles(process.database).count)
    workers = [ActFinisher(studio.life).run, studio.operations.eraser.run, retention.run, troubles.run]
    return Parts(name="studio", routers=routers(studio), workers=workers)


def studio_on(process: Process, keys: MongoKeys) -> Studio:
    database, flows, clock = process.database, process.stored_flows, process.clock
    contents, selections, projects = (
        MongoContents(database),
        MongoSelections(database),
        MongoProjects(database),
    )
    domains, addresses, desk = MongoSenderDomains(database), MongoAddresses(database), form_desk(process)
    usage = Usage(contents, desk.forms, MongoSubscriptionTypes(database), MongoUsers(database), doubts)
    designs = Designs(
        flows,
        contents,
        selections,
        projects,
        domains,
        MongoParticipants(database),
        clock,
        lint_text,
        usage,
        lacking(process.settings),
    )
    return Studio(
        life=LifeCycle(designs, process.rows, process.batches),
        versions=MongoFlowVersions(database),
        contents=ContentDesigns(
            contents, flows, selections, projects, MongoAttachments(database), clock, lint, lint_text
        ),
        previews=previews_on(process),
        forms=FormDesigns(
            desk.forms,
            desk.submissions,
            flows,
            contents,
            selections,
            projects,
            domains,
            clock,
            template_problems,
            lint_text,
        ),
        queue=Queue(desk.submissions, desk.people, desk),
        selections=selections,
        projects=projects,
        caps=MongoCaps(database),
        sender_domains=domains,
        selected=MongoSelected(database, process.partitions),
        addresses=addresses,
        address_tasks=address_tasks_on(process),
        subscription_types=MongoSubscriptionTypes(database),
        users=MongoUsers(database),
        crm_records=MongoCrmChanges(database, process.batches, process.archive, clock),
        keys=keys,
        stepper=Stepper(
            clock,
            MongoDrained(database, process.partitions),
            lambda: process.bells.ring_service(Service.EXECUTOR),
        ),
        operations=operations_on(process),
    )


def address_tasks_on(process: Process) -> AddressTasks:
    database = process.database
    return AddressTasks(
        MongoAddresses(database),
        MongoContacts(database, process.partitions),
        MongoSelections(database),
        Intake(process.archive, tracing=process.tracing),
    )


def previews_on(process: Process) -> Previews:
    database = process.database
    return Previews(
        MongoContents(database),
        MongoContacts(database, process.partitions),
        process.stored_flows,
        Colleagues(MongoUsers(database)),
        Senders(MongoSenderDomains(database)),
        lint,
    )


def lacking(settings: Settings) -> dict[str, str]:
    """The channels that are not set up, each with its setting."""
    return {} if settings.sms.url else dict.fromkeys((SMS, NOTIFY_SMS), f"{PREFIX}SMS_URL")


def operations_on(process: Process) -> Operations:
    database, batches, clock = process.database, process.batches, process.clock
    effects = MongoEffects(database)
    return Operations(
        parked=MongoParked(database, process.announce),
        effects=effects,
        doubts=Doubts(effects, batches, clock),
        overseer=Overseer(MongoOperations(database), clock),
        replay=Replay(
            MongoUndecided(database),
            process.stored_flows,
            process.flows,
            MongoContacts(database, process.partitions),
            batches,
        ),
        eraser=Eraser(MongoErasure(database, process.partitions), effects, batches, clock),
        ages=ages(process.settings.retention),
    )


def ages(kept: RetentionSettings) -> dict[Kept, timedelta]:
    """How long each is kept; what is kept for ever is left out."""
    days = kept.model_dump()
    return {each: timedelta(days=days[each]) for each in Kept if days[each]}


async def build(settings: Settings) -> App:
    """The studio as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
