"""A sender for one partition on real servers, and a little world for it to send in."""

import argparse
import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from common.adapters.mail.channel import EmailChannel
from common.adapters.mail.enclosures import Enclosures
from common.adapters.mail.rendering import Renderer
from common.adapters.mail.senders import Senders
from common.adapters.mail.smtp import SmtpMailer, SmtpServer
from common.adapters.mail.tokens import PublicAddresses, Tokens
from common.adapters.mongo.addresses import MongoAddresses
from common.adapters.mongo.attachments import MongoAttachments
from common.adapters.mongo.batch import MongoBatches
from common.adapters.mongo.client import Database, connect
from common.adapters.mongo.clock import MongoClock
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.partitions import MongoPartitions
from common.adapters.mongo.sender_domains import MongoSenderDomains
from common.adapters.mongo.work import to_ticket
from common.domain.contact import Contact
from common.domain.content import ContentVersion, EmailContent
from common.domain.effect import Effect, EffectState
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.flow_book import FlowBook, OpenFlow
from common.domain.participant import Participant
from common.messages.topology import Service
from common.ports import Commit, Committed, Ownership
from common.runtime.effect_dispatch import Dispatch
from common.runtime.effect_outcomes import Ledger
from common.runtime.effects import EffectSender
from common.runtime.flow_cache import FlowCache
from tests.support.flows import START, a_contact, a_flow
from tests.support.users import beside

PARTITION = 0
PARTITIONS = 1


@dataclass
class OpenFlows:
    """The flows as life-cycle acts left them, set by the test."""

    epoch_now: int = 0
    open: tuple[OpenFlow, ...] = field(default_factory=lambda: (a_flow().open(),))

    async def epoch(self) -> int:
        return self.epoch_now

    async def book(self) -> FlowBook:
        return FlowBook(self.epoch_now, self.open)

    async def get(self, flow: str) -> StoredFlow | None:
        raise NotImplementedError

    async def version(self, flow: str, version: int) -> FlowVersion | None:
        raise NotImplementedError


class OneContent:
    """The content `offer`, whatever version is asked for; no other."""

    async def version(self, content: str, version: int) -> ContentVersion | None:
        if content != "offer":
            return None
        body = EmailContent(name="Offer", subject="Hi {{ contact.id }}", html="<p>Hi</p>")
        return ContentVersion(content=content, version=version, body=body, created_at=START)


def an_effect(number: int, **fields: object) -> Effect:
    usual = {
        "id": f"e{number}", "partition": PARTITION, "channel": "email", "flow": "test", "run": 1, "version": 1,
        "participant": f"p{number}", "contact": str(number), "step": "mail", "content": "offer",
        "content_version": 1, "planned_at": START,
    }  # fmt: skip
    return Effect.model_validate(usual | fields)


def participant_of(effect: Effect) -> Participant:
    """Whoever it was planned for."""
    about = effect.model_dump(include={"flow", "run", "version", "contact", "partition"})
    return Participant(
        id=effect.participant, enrolled_at=START, since=START, cause="enrolling-record", **about
    )


@dataclass
class World:
    """Everything around one partition's sender."""

    database: Database
    smtp_port: int
    flows: OpenFlows = field(default_factory=OpenFlows)
    connections: int = 4
    send_timeout: float = 0.4
    lease: float = 1.0
    batch: int = 100
    observed: Counter[EffectState] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.effects = MongoEffects(self.database)
        self.addresses = MongoAddresses(self.database)
        self.contacts = MongoContacts(self.database, 1)
        self.participants = MongoParticipants(self.database)
        self.partitions = MongoPartitions(self.database)
        self.batches = MongoBatches(self.database, PARTITIONS, lambda tickets: None)
        self.mailer = SmtpMailer(
            SmtpServer("127.0.0.1", self.smtp_port), size=self.connections, timeout=self.send_timeout
        )
        renderer = Renderer(PublicAddresses("https://example.org", Tokens("a secret of the test's own")))
        channel = EmailChannel(
            renderer,
            OneContent(),
            beside(),
            Enclosures(MongoAttachments(self.database)),
            Senders(MongoSenderDomains(self.database)),
            self.mailer,
            connections=self.connections,
            timeout=self.send_timeout,
        )
        self.dispatch = Dispatch(
            ledger=Ledger(self.effects, self.batches, MongoClock(self.database)),
            flows=self.flows,
            cache=FlowCache(self.flows),
            contacts=self.contacts,
            participants=self.participants,
            addresses=self.addresses,
            partitions=self.partitions,
            channels={"email": channel},
            observe=lambda channel, state, count: self.observed.update({state: count}),
            batch=self.batch,
            lease=self.lease,
            poll=0.02,
            idle_poll=0.05,
        )

    async def sender(self, member: str = "test", bell: asyncio.Event | None = None) -> EffectSender:
        return EffectSender(await self.own(member), self.dispatch, bell or asyncio.Event())

    async def own(self, member: str = "test") -> Ownership:
        own = await self.partitions.acquire(Service.EFFECTS, PARTITION, member)
        assert own is not None
        return own

    async def plan(self, effects: Sequence[Effect], contacts: Iterable[Contact]) -> None:
        inside = [participant_of(effect) for effect in effects if effect.participant]
        writes = [
            *self.effects.plan(effects),
            *self.participants.insert(inside),
            *self.contacts.save(contacts, {}),
        ]
        assert (await self.batches.commit(Commit(writes=writes))).outcome is Committed.DONE

    async def states(self) -> Counter[EffectState]:
        return Counter(await self.effects.counts())

    async def told(self) -> list[dict[str, object]]:
        """What the executor was told, in any order."""
        tickets = self.database["work"].find({"service": Service.EXECUTOR.value})
        return [record.data async for ticket in tickets for record in to_ticket(ticket).records]

    async def close(self) -> None:
        await self.mailer.close()


async def plan(world: World, count: int) -> None:
    """Mails to the contacts `1` to `count`, by effects `e1` and so on."""
    numbers = range(1, count + 1)
    await world.plan([an_effect(n) for n in numbers], [a_contact(str(n)) for n in numbers])


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in a database
            await asyncio.sleep(0.02)


async def reached(world: World, state: EffectState, count: int) -> bool:
    return (await world.states())[state] == count


async def send_until_killed(url: str, database: str, smtp_port: int, connections: int) -> None:
    world = World(connect(url, database), smtp_port, connections=connections, send_timeout=20, lease=45)
    sender = await world.sender("doomed")
    await sender.run()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--url", "--database"):
        parser.add_argument(name, required=True)
    for name in ("--smtp-port", "--connections"):
        parser.add_argument(name, type=int, required=True)
    given = parser.parse_args()
    asyncio.run(send_until_killed(given.url, given.database, given.smtp_port, given.connections))


if __name__ == "__main__":
    main()
