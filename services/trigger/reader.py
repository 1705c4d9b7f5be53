"""What the readers of mails do: click links, submit forms, unsubscribe. Each becomes an event like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from common.adapters.mail.tokens import FormToken, LinkToken, Tokens, UnsubscribeToken
from common.domain.content import ContentVersion
from common.domain.effect import Effect
from common.domain.event import CONTACT_UNSUBSCRIBED, FORM_SUBMITTED, LINK_CLICKED
from common.domain.flow import FlowVersion
from common.messages.record import Record
from common.ports import Contents, Effects, Flows
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

    async def destination(self, token: str) -> tuple[Mailing, str, str]:
        """The mail, the link's name, and where it leads: taken from the content, never from the address."""
        read = self.tokens.read(token)
        if not isinstance(read, LinkToken):
            raise UnknownAddress
        mailing = await self._mailing(read.effect)
        target = mailing.content.body.links.get(read.link)
        if target is None:
            raise UnknownAddress
        return mailing, read.link, str(target)

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

    async def clicked(self, mailing: Mailing, link: str) -> None:
        await self._record(mailing, LINK_CLICKED, {"link": link})

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
        effect = mailing.effect
        told = {"content": effect.content, "flow": effect.flow, "step": effect.step, "effect": effect.id}
        record = Record(
            id=uuid4().hex,
            type=event_type,
            source=SOURCE,
            contact=effect.contact,
            time=NEVER,
            data=data | told,
        )
        await self.intake.submit([record])
