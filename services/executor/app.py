"""The executor put together: the partition loop that decides, and beside it the sender of effects."""

from collections.abc import Callable
from typing import assert_never

from common.adapters.beside import Beside
from common.adapters.colleagues import Colleagues
from common.adapters.crm.acts import CrmActs
from common.adapters.crm.channel import CrmChannel
from common.adapters.crm.identities import Identities
from common.adapters.crm.persons import CrmPersons
from common.adapters.crm.rest_crm import RestCrm
from common.adapters.crm.session import Session
from common.adapters.crm.signed import SignedCrm
from common.adapters.http.guarded import GuardedTransport
from common.adapters.mail.channel import EmailChannel
from common.adapters.mail.enclosures import Enclosures
from common.adapters.mail.letters import LetterChannel
from common.adapters.mail.notifications import NotifyEmailChannel
from common.adapters.mail.rendering import Renderer
from common.adapters.mail.senders import Senders
from common.adapters.mail.smtp import SmtpMailer, SmtpServer
from common.adapters.mail.tokens import PublicAddresses
from common.adapters.mongo.addresses import MongoAddresses
from common.adapters.mongo.attachments import MongoAttachments
from common.adapters.mongo.bulk import MongoBulks
from common.adapters.mongo.caps import MongoCaps
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.contents import MongoContents
from common.adapters.mongo.crm_people import MongoCrmPeople
from common.adapters.mongo.crm_records import BuiltInCrm
from common.adapters.mongo.decisions import MongoDecisions
from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.held_addresses import MongoHeldAddresses
from common.adapters.mongo.owner_turns import MongoOwnerTurns
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.selections import MongoSelections
from common.adapters.mongo.sender_domains import MongoSenderDomains
from common.adapters.mongo.users import MongoUsers
from common.adapters.sms.channel import SmsChannel
from common.adapters.sms.http_provider import HttpSmsProvider
from common.adapters.sms.notifications import NotifySmsChannel
from common.adapters.webhooks.channel import WebhookChannel
from common.adapters.webhooks.signing import Secrets
from common.messages.topology import Service
from common.ports import Channel, Crm, Ownership
from common.runtime.effect_dispatch import Dispatch
from common.runtime.effect_outcomes import Ledger
from common.runtime.effects import EffectSender
from common.runtime.intake import Intake
from common.runtime.members import Loop
from common.runtime.serve import App, CantStart
from common.runtime.setting_parts import CrmKind
from common.runtime.settings import Encryption, MailServer, Settings
from services.crm_account import account_of
from services.executor import api, listing, tasks
from services.executor.worker import ExecutorHandler
from services.executor.world import Stores
from services.mail_tokens import tokens_of
from services.process import Parts, Process, assemble, open_process

CRM_CONNECTIONS = 8
"""Acts in the CRM that are under way at a time."""


class NoMailServer(CantStart):
    def __init__(self) -> None:
        super().__init__("HEADRACE_SMTP_URL is not set; `headrace up` brings a mailbox of its own")


async def parts(process: Process) -> Parts:
    stores = stores_of(process)
    contacts = MongoContacts(process.database, process.partitions)
    participation = listing.Participation(stores, process.stored_flows, contacts)
    work = tasks.Tasks(
        participation, MongoSelections(process.database), Intake(process.archive, tracing=process.tracing)
    )
    return Parts(
        name="executor",
        loops={
            Service.EXECUTOR: process.loops_for(ExecutorHandler(stores, tells=process.settings.crm.outside)),
            Service.EFFECTS: senders_for(process, stores),
        },
        routers=(listing.router(participation), tasks.router(work), api.router(participation)),
    )


def stores_of(process: Process) -> Stores:
    database = process.database
    return Stores(
        participants=MongoParticipants(database),
        contacts=MongoContacts(database, process.partitions),
        decisions=MongoDecisions(database),
        effects=MongoEffects(database),
        archive=process.archive,
        addresses=MongoAddresses(database, process.settings.smtp.bounces),
        held=MongoHeldAddresses(database),
        turns=MongoOwnerTurns(database),
        bulks=MongoBulks(database, process.partitions, process.announce),
        caps=MongoCaps(database),
        users=MongoUsers(database),
    )


def senders_for(process: Process, stores: Stores) -> Callable[[Ownership], Loop]:
    """How to send the effects of one partition."""
    beside = Beside(Colleagues(MongoUsers(process.database)), process.archive)
    calls = webhook_channel(process, beside)
    channels: list[Channel] = [
        *mail_channels(process, beside),
        *sms_channels(process, beside),
        calls,
        CrmChannel(crm(process, calls), beside, connections=CRM_CONNECTIONS),
    ]
    dispatch = Dispatch(
        ledger=Ledger(stores.effects, process.batches, process.clock),
        flows=process.stored_flows,
        cache=process.flows,
        contacts=stores.contacts,
        participants=stores.participants,
        addresses=stores.addresses,
        partitions=process.rows,
        channels={channel.name: channel for channel in channels},
        observe=process.metrics.effects,
        tracing=process.tracing,
        lease=process.settings.smtp.lease,
    )

    def sender(own: Ownership) -> Loop:
        return EffectSender(own, dispatch, process.bells.of(own.service, own.partition))

    return sender


def mail_channels(process: Process, beside: Beside) -> list[Channel]:
    """What flows send to contacts and to our people, and what no flow sends, over the same connections."""
    smtp = process.settings.smtp
    server = smtp.server()
    if server is None:
        raise NoMailServer
    mailer = SmtpMailer(to_smtp_server(server), size=smtp.pool, timeout=smtp.timeout)
    process.closing.push_async_callback(mailer.close)
    addresses = PublicAddresses(process.settings.public_url, tokens_of(process.settings))
    senders = Senders(MongoSenderDomains(process.database))
    email = EmailChannel(
        Renderer(addresses, opens=process.settings.reader.opens),
        MongoContents(process.database),
        beside,
        Enclosures(MongoAttachments(process.database)),
        senders,
        mailer,
        connections=smtp.pool,
        timeout=smtp.timeout,
    )
    notes = NotifyEmailChannel(beside, senders, mailer, connections=smtp.pool, timeout=smtp.timeout)
    return [email, notes, LetterChannel(senders, mailer, connections=smtp.pool, timeout=smtp.timeout)]


def sms_channels(process: Process, beside: Beside) -> list[Channel]:
    """Text messages, if a provider is named."""
    sms = process.settings.sms
    if sms.url is None:
        return []
    token = sms.token.get_secret_value() if sms.token else None
    provider = HttpSmsProvider(sms.url, token, connections=sms.pool, timeout=sms.timeout)
    process.closing.push_async_callback(provider.close)
    return [
        kind(beside, provider, region=sms.region, connections=sms.pool, timeout=sms.timeout)
        for kind in (SmsChannel, NotifySmsChannel)
    ]


def webhook_channel(process: Process, beside: Beside) -> WebhookChannel:
    settings = process.settings.webhook
    channel = WebhookChannel(
        GuardedTransport(settings.allow, connections=settings.pool),
        Secrets(settings.secret, settings.secrets),
        beside,
        connections=settings.pool,
        timeout=settings.timeout,
    )
    process.closing.push_async_callback(channel.close)
    return channel


def crm(process: Process, calls: WebhookChannel) -> Crm:
    """Where flows have things done."""
    settings = process.settings.crm
    match settings.place:
        case CrmKind.BUILT_IN:
            return BuiltInCrm(process.database, process.batches, process.archive)
        case CrmKind.WEBHOOK:
            assert settings.webhook_url, "the settings see to it"
            return SignedCrm(calls, settings.webhook_url)
        case CrmKind.REST:
            account = account_of(settings)
            assert account, "the settings see to it"
            session = Session(account, timeout=settings.timeout)
            process.closing.push_async_callback(session.close)
            persons = CrmPersons(session)
            identities = Identities(persons, MongoCrmPeople(process.database))
            return RestCrm(CrmActs(session), persons, identities, settings.timeout)
    assert_never(settings.place)


def to_smtp_server(server: MailServer) -> SmtpServer:
    return SmtpServer(
        host=server.host,
        port=server.port,
        username=server.username,
        password=server.password.get_secret_value() if server.password else None,
        use_tls=server.encryption is Encryption.TLS,
        start_tls=True if server.encryption is Encryption.STARTTLS else None,
    )


async def build(settings: Settings) -> App:
    """The executor as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
