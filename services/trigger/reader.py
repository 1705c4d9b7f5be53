"""What the readers of mails do: click links, submit forms, unsubscribe. Each becomes an event like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from common.adapters.mail.tokens import (
    FormToken,
    LinkToken,
    OpenToken,
    PreferenceToken,
    Tokens,
    UnsubscribeToken,
)
from common.adapters.mongo.visits import MongoVisits, StoredVisit
from common.domain.analytics import tagged
from common.domain.bots import BotSign, Limits, Visit, sign_of
from common.domain.contact import Contact
from common.domain.content import ContentVersion, TrackedLink
from common.domain.effect import Effect, EffectState
from common.domain.event import (
    CONTACT_PREFERRED,
    CONTACT_UNSUBSCRIBED,
    FORM_SUBMITTED,
    LINK_CLICKED,
    MAIL_OPENED,
)
from common.domain.flow import FlowVersion
from common.domain.ids import event_id
from common.domain.link_consequences import events
from common.domain.recipient import RecipientStatus
from common.messages.record import Record
from common.ports import Contacts, Contents, Effects, Flows, SubscriptionTypes
from common.runtime.intake import Intake
from services.trigger.events import NEVER

SOURCE = "reader"


class UnknownAddress(Exception):
    """No mail of ours carries this address, or what it led to is gone."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """The mail in which an address stood."""

    effect: Effect
    content: ContentVersion
    flow: FlowVersion


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tokens and records what was done with them. Raises `UnknownAddress` and `Unavailable`."""

    tokens: Tokens
    effects: Effects
    contents: Contents
    flows: Flows
    intake: Intake
    visits: MongoVisits
    limits: Limits
    contacts: Contacts
    types: SubscriptionTypes

    async def followed(self, token: str) -> tuple[Mailing, str, TrackedLink]:
        """The mail, the link's name, and the link: taken from the content, never from the address; with what the flow
        tells web analytics."""
        read = self.tokens.read(token)
        if not isinstance(read, LinkToken):
            raise UnknownAddress
        mailing = await self._mailing(read.effect)
        link = mailing.content.body.link(read.link)
        if link is None:
            raise UnknownAddress
        email = mailing.flow.document.email
        told: TrackedLink = link.but(to=tagged(str(link.to), email.analytics)) if link.to and email else link
        return mailing, read.link, told

    async def form(self, token: str) -> tuple[Mailing, str]:
        read = self.tokens.read(token)
        if not isinstance(read, FormToken):
            raise UnknownAddress
        mailing = await self._mailing(read.effect)
        if read.form not in mailing.content.body.forms:
            raise UnknownAddress
        return mailing, read.form

    async def subscription(self, token: str) -> tuple[Mailing, str | None]:
        """The mail, and the subscription type that it was sent under."""
        read = self.tokens.read(token)
        if not isinstance(read, UnsubscribeToken):
            raise UnknownAddress
        mailing = await self._mailing(read.effect)
        email = mailing.flow.document.email
        return mailing, email.subscription_type if email else None

    async def preferences(self, token: str) -> tuple[Mailing, Contact]:
        """The mail, and its contact as it stands."""
        read = self.tokens.read(token)
        if not isinstance(read, PreferenceToken):
            raise UnknownAddress
        mailing = await self._mailing(read.effect)
        found = await self.contacts.many([mailing.effect.contact])
        if not found:
            raise UnknownAddress
        return mailing, found[mailing.effect.contact]

    async def preferred(self, mailing: Mailing, types: Mapping[str, bool], *, e_marketing: bool) -> None:
        await self._record(
            mailing, CONTACT_PREFERRED, {"subscriptions": dict(types), "e_marketing": e_marketing}
        )

    async def opened(self, token: str, visit: Visit) -> None:
        """The first opening is an event, a person's and a machine's each; further ones are only counted."""
        read = self.tokens.read(token)
        if not isinstance(read, OpenToken):
            raise UnknownAddress
        mailing = await self._mailing(read.effect)
        effect, sign = mailing.effect, sign_of(visit, delivered(mailing.effect, visit.at), self.limits)
        if sign is None and effect.recipient in OPENED:
            await self.effects.opened_again(effect.id)
            return
        record = recorded(mailing, MAIL_OPENED, {}, event_id(SOURCE, f"opened {effect.id}"))
        await self.intake.submit([by_machine(record, sign) if sign else record])

    async def clicked(self, mailing: Mailing, link: str, visit: Visit) -> None:
        """On the road at once if it is clear who did it; else it waits for what comes next. A machine's click does
        nothing of what the link is to do."""
        effect, links = mailing.effect, mailing.content.body.links
        records = clicks(mailing, link, uuid4().hex)
        record = records[-1]
        sign = sign_of(visit, delivered(effect, visit.at), self.limits)
        if len(links) > 1 and self.limits.together:
            waits = () if sign else records
            await self.visits.add(StoredVisit(record.id, effect.id, effect.contact, visit, waits))
            if not sign:
                return
        await self.intake.submit([by_machine(record, sign)] if sign else records)

    async def submitted(self, mailing: Mailing, form: str, fields: Mapping[str, str]) -> None:
        await self._record(mailing, FORM_SUBMITTED, {"form": form, "fields": dict(fields)})

    async def unsubscribed(self, mailing: Mailing, subscription_type: str | None) -> None:
        await self._record(mailing, CONTACT_UNSUBSCRIBED, {"subscription_type": subscription_type})

    async def _mailing(self, effect_id: str) -> Mailing:
        found = await self.effects.many([effect_id])
        if not found:
            raise UnknownAddress
        effect = found[0]
        content = await self.contents.version(effect.content, effect.content_version)
        flow = await self.flows.version(effect.flow, effect.version)
        if content is None or flow is None:
            raise UnknownAddress
        return Mailing(effect, content, flow)

    async def _record(self, mailing: Mailing, event_type: str, data: dict[str, Any]) -> None:
        await self.intake.submit([recorded(mailing, event_type, data, uuid4().hex)])


OPENED = frozenset({RecipientStatus.OPENED, RecipientStatus.CLICKED, RecipientStatus.COMPLAINED})
"""Statuses of a message that somebody has opened before."""


def recorded(mailing: Mailing, event_type: str, data: dict[str, Any], record_id: str) -> Record:
    """What a reader did with this mail, as a record of its contact."""
    return about_reader(mailing, event_type, data | origin(mailing), record_id)


def about_reader(mailing: Mailing, event_type: str, data: dict[str, Any], record_id: str) -> Record:
    contact = mailing.effect.contact
    return Record(id=record_id, type=event_type, source=SOURCE, contact=contact, time=NEVER, data=data)


def clicks(mailing: Mailing, link: str, click: str) -> list[Record]:
    """What the link does when a person follows it, and the click behind."""
    clicked = recorded(mailing, LINK_CLICKED, {"link": link}, click)
    followed = mailing.content.body.link(link)
    follows = events(followed, mailing.effect.contact, click, clicked.data) if followed else ()
    done = [about_reader(mailing, each.type, dict(each.data), each.id) for each in follows]
    return [*done, clicked]


def origin(mailing: Mailing) -> dict[str, str]:
    """What an event tells of the mail that it came through."""
    effect = mailing.effect
    return {"content": effect.content, "flow": effect.flow, "step": effect.step, "effect": effect.id}


def by_machine(record: Record, sign: BotSign) -> Record:
    """The same, done by a machine: once for each mail, link and sign, however often it comes by."""
    data = record.data | {"bot": True, "sign": sign.value}
    name = " ".join((record.type, data["effect"], data.get("link", ""), sign))
    told: Record = record.but(id=event_id(SOURCE, name), data=data)
    return told


def delivered(effect: Effect, at: datetime) -> datetime | None:
    """When the mail server took it, in machine time; one that is still being handed over comes as it is read."""
    if effect.state is EffectState.SENDING:
        return at
    return effect.ended_at if effect.state is EffectState.DONE else None


def visit_now(link: str | None, method: str, user_agent: str) -> Visit:
    return Visit(link, datetime.now(UTC), method, user_agent[:MOST_AGENT])


MOST_AGENT = 300
