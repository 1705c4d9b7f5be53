"""The channel `email`: contents rendered for one contact and handed to the mailer."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.adapters.beside import Beside
from common.adapters.mail.enclosures import Enclosures
from common.adapters.mail.rendering import SUBJECT, Rendered, Renderer
from common.adapters.mail.senders import Senders
from common.domain.attachment import Attachment
from common.domain.contact import Contact
from common.domain.content import ContentVersion
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain, Unreached
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.ports import (
    Contents,
    Mailer,
    MailRefused,
    MailUnavailable,
    MailUncertain,
    Unavailable,
    Unsendable,
)

CONTENTS_KEPT = 200


class ConnectionSlots:
    """As many as there are connections. Who has its turn gets all that are free, up to what it wants:
    were they shared out one by one, every message would have two transactions of its own."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._turn = asyncio.Lock()

    async def take(self, most: int) -> int:
        async with self._turn:
            await self._free.acquire()
            taken = 1
            while taken < most and not self._free.locked():
                await self._free.acquire()
                taken += 1
        return taken

    def give_back(self, count: int) -> None:
        for _ in range(count):
            self._free.release()


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """One rendered mail, bound to the mailer."""

    mail: Rendered
    mailer: Mailer
    enclosed: "Enclosed | None" = None

    async def send(self) -> Delivery:
        """Attachments are read when the mail has its turn, so that no more of them are held than connections."""
        try:
            enclosed = await self.enclosed.read() if self.enclosed else b""
            await self.mailer.send(self.mail.message, self.mail.sender, self.mail.recipient, enclosed)
        except Unsendable as gone:
            return Refused(str(gone), permanent=True, of_address=False)
        except Unavailable as error:
            return Unreached(str(error))
        except MailRefused as refused:
            return Refused(str(refused), permanent=refused.permanent, of_address=refused.of_address)
        except MailUnavailable as error:
            return Unreached(str(error))
        except MailUncertain as error:
            return Uncertain(str(error))
        return Delivered("taken by the mail server")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Attachments of one mail, where they can be had."""

    attachments: Sequence[Attachment]
    shelf: Enclosures

    async def read(self) -> bytes:
        return await self.shelf.of(self.attachments)


class EmailChannel:
    """`timeout` is that of the mailer, `connections` its most."""

    name = "email"
    counts_bounces = True
    knows_repeats = False

    def __init__(
        self,
        renderer: Renderer,
        contents: Contents,
        beside: Beside,
        enclosures: Enclosures,
        senders: Senders,
        mailer: Mailer,
        *,
        connections: int,
        timeout: float,
    ) -> None:
        self._beside = beside
        self._renderer = renderer
        self._contents = contents
        self._enclosures = enclosures
        self._senders = senders
        self._mailer = mailer
        self._kept: OrderedDict[tuple[str, int], ContentVersion] = OrderedDict()
        self.slots = ConnectionSlots(connections)
        self.timeout = timeout

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedMail:
        if flow is None or flow.email is None:
            raise Unsendable("the flow has no e-mail settings")
        if not flow.email.from_address:
            raise Unsendable("the flow's e-mail settings name no address to send from")
        content = await self._content(effect.content, effect.content_version)
        own_subject = effect.settings.get(SUBJECT) or ""
        ours = await self._beside.of(effect, contact, (*content.body.texts, own_subject))
        sender = await self._senders.of(flow.email, ours)
        rendered = self._renderer.render(content, effect, contact, flow.email, now, ours, sender)
        attachments = content.body.attachments
        return PreparedMail(
            rendered, self._mailer, Enclosed(attachments, self._enclosures) if attachments else None
        )

    async def _content(self, content: str, version: int) -> ContentVersion:
        """Versions never change, so those used last are kept."""
        key = (content, version)
        if (known := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return known
        found = await self._contents.version(content, version)
        if found is None:
            raise Unsendable(f"there is no content {content}, version {version}")
        self._kept[key] = found
        if len(self._kept) > CONTENTS_KEPT:
            self._kept.popitem(last=False)
        return found
