"""The trigger put together."""

from datetime import timedelta

from common.adapters.crm.checkboxes import Checkboxes
from common.adapters.crm.our_ids import OurIds
from common.adapters.crm.rest import CrmRest
from common.adapters.crm.session import Session
from common.adapters.mongo.bulk import MongoBulks
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.contents import MongoContents
from common.adapters.mongo.crm_events import MongoCrmEvents
from common.adapters.mongo.crm_looks import MongoCrmLooks
from common.adapters.mongo.crm_people import ContactsOfTheCrm, MongoCrmPeople
from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.erasure import MongoErasure
from common.adapters.mongo.refused import MongoRefused
from common.adapters.mongo.schedules import MongoSchedules
from common.adapters.mongo.selected import MongoSelected
from common.adapters.mongo.selections import MongoSelections
from common.adapters.mongo.subscription_types import MongoSubscriptionTypes
from common.adapters.mongo.users import MongoUsers
from common.adapters.mongo.visits import MongoVisits
from common.adapters.proofs import Proofs
from common.adapters.rabbitmq.event_feed import EventFeed
from common.adapters.rules.matcher import DurableRulesMatcher, is_available
from common.messages.topology import Service
from common.ports import Matcher
from common.runtime.intake import Intake
from common.runtime.rate_limit import RateLimit
from common.runtime.serve import App, Worker
from common.runtime.settings import MatcherChoice, Settings
from services.crm_account import account_of
from services.form_desk import form_desk
from services.mail_tokens import tokens_of
from services.process import Parts, Process, assemble, open_process
from services.trigger import (
    api,
    bounces_api,
    bulk_api,
    crm_webhook,
    forms_api,
    preference_page,
    reader_api,
    refused_api,
    schedules_api,
    sms_reports,
)
from services.trigger.amqp_intake import AmqpIntake
from services.trigger.bulk_api import BulkEnrolments
from services.trigger.click_judge import ClickJudge
from services.trigger.crm_enrichment import CrmEnricher
from services.trigger.crm_gap_kinds import gap_kinds
from services.trigger.crm_gaps import CrmGaps
from services.trigger.crm_intake import CrmIntake
from services.trigger.crm_users import CrmUsers
from services.trigger.forms_api import PublicForms
from services.trigger.reader import Reader
from services.trigger.scheduler import Scheduler
from services.trigger.worker import TriggerHandler

LETTERS_A_MINUTE = 5
"""That forms send to one mailbox."""


async def parts(process: Process) -> Parts:
    intake = Intake(process.archive, process.metrics.intake, process.tracing)
    refused = MongoRefused(process.database)
    visits, limits = MongoVisits(process.database), process.settings.reader.limits()
    tokens = tokens_of(process.settings)
    public = PublicForms(
        form_desk(process),
        Proofs(process.settings.signing_secret()),
        RateLimit(process.settings.forms.per_minute),
        RateLimit(LETTERS_A_MINUTE),
    )
    reader = Reader(
        tokens=tokens,
        effects=MongoEffects(process.database),
        contents=MongoContents(process.database),
        flows=process.stored_flows,
        intake=intake,
        visits=visits,
        limits=limits,
        contacts=MongoContacts(process.database, process.partitions),
        types=MongoSubscriptionTypes(process.database),
    )
    people, erasure = MongoCrmPeople(process.database), MongoErasure(process.database, process.partitions)
    crm_intake = CrmIntake(intake, people, erasure)
    enricher, asking = crm_workers(process, crm_intake, people)
    bulks = MongoBulks(process.database, process.partitions, process.announce)
    schedules = MongoSchedules(process.database, bulks, process.announce)
    enrolments = bulk_enrolments(process, bulks)
    handler = TriggerHandler(
        MongoContacts(process.database, process.partitions),
        bulks,
        matcher(process),
        MongoEffects(process.database) if process.settings.crm.outside else None,
    )
    return Parts(
        name="trigger",
        loops={Service.TRIGGER: process.loops_for(handler)},
        routers=(
            api.router(intake, process.metrics),
            crm_webhook.router(process.settings.crm, crm_intake, refused, process.metrics, enricher),
            refused_api.router(refused, intake),
            bulk_api.router(enrolments),
            schedules_api.router(schedules),
            sms_reports.router(MongoEffects(process.database), intake),
            bounces_api.router(reader.effects, intake),
            reader_api.router(reader, public),
            preference_page.router(reader),
            forms_api.router(public, tokens),
        ),
        workers=[
            *await bus_intake(process, intake, refused),
            ClickJudge(visits, intake, limits).run,
            Scheduler(schedules, enrolments).run,
            *asking,
        ],
    )


def crm_workers(
    process: Process, intake: CrmIntake, people: MongoCrmPeople
) -> tuple[CrmEnricher | None, list[Worker]]:
    """What asks the CRM for its records, and for its users and what it did not tell, if we are told where."""
    settings, database = process.settings.crm, process.database
    account = account_of(settings)
    if account is None:
        return None, []
    session = Session(account, timeout=settings.timeout)
    process.closing.push_async_callback(session.close)
    ours = OurIds(people, MongoContacts(database, process.partitions))
    crm = CrmRest(session, ours, Checkboxes.named(settings.checkboxes))
    enricher = CrmEnricher(MongoCrmEvents(database), crm, intake)
    if not settings.look:
        return enricher, [enricher.run]
    kinds = gap_kinds(crm, ContactsOfTheCrm(database, process.partitions, people), process.archive)
    looks, every = MongoCrmLooks(database), timedelta(seconds=settings.look)
    users = CrmUsers(looks, crm, MongoUsers(database), process.clock, every)
    return enricher, [enricher.run, CrmGaps(looks, kinds, intake, every).run, users.run]


def bulk_enrolments(process: Process, bulks: MongoBulks) -> BulkEnrolments:
    return BulkEnrolments(
        bulks=bulks,
        flows=process.stored_flows,
        selections=MongoSelections(process.database),
        selected=MongoSelected(process.database, process.partitions),
        clock=process.clock,
    )


def matcher(process: Process) -> Matcher | None:
    """What finds candidates beside the index; nothing where it is switched off or can't be."""
    if process.settings.matcher is MatcherChoice.CLOSURES or not is_available():
        return None
    rules = DurableRulesMatcher(process.settings.matcher_minimum, process.metrics.matcher_failed)
    process.closing.push_async_callback(rules.close)
    return rules


async def bus_intake(process: Process, intake: Intake, refused: MongoRefused) -> list[Worker]:
    """Takes events from the bus, if there is one."""
    if process.settings.amqp_url is None:
        return []
    feed = EventFeed(process.settings.amqp_url.get_secret_value(), prefix=process.settings.queue_prefix)
    await feed.start()
    process.closing.push_async_callback(feed.stop)
    return [AmqpIntake(feed.batches, intake, refused, process.metrics).run]


async def build(settings: Settings) -> App:
    """The trigger as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
