"""The channel `sms`: a step's text filled for one contact and handed to the provider."""

from dataclasses import dataclass
from datetime import datetime

from common.adapters.beside import Beside
from common.adapters.mail.channel import ConnectionSlots
from common.adapters.mail.texts import fill
from common.adapters.sms.numbers import to_e164
from common.domain.colleague import NOBODY, Ours
from common.domain.contact import Contact
from common.domain.delivery import Delivery
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.domain.sms import MOST_SEGMENTS, SMS, segments
from common.ports import SmsProvider, TextMessage, Unsendable


@dataclass(frozen=True, slots=True)
class PreparedText:
    """One filled text, bound to the provider."""

    message: TextMessage
    provider: SmsProvider

    async def send(self) -> Delivery:
        return await self.provider.send(self.message)


class SmsChannel:
    """`region`: of numbers without a country code whose contact tells no country; `timeout` is the provider's."""

    name = SMS
    counts_bounces = False
    knows_repeats = False

    def __init__(
        self,
        beside: Beside,
        provider: SmsProvider,
        *,
        region: str | None,
        connections: int,
        timeout: float,
    ) -> None:
        self._beside = beside
        self._provider = provider
        self._region = region
        self.slots = ConnectionSlots(connections)
        self.timeout = timeout

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedText:
        ours = await self._beside.of(effect, contact, [effect.settings["text"]])
        return PreparedText(text_message(effect, contact, self._region, ours), self._provider)


def text_message(effect: Effect, contact: Contact, region: str | None, ours: Ours = NOBODY) -> TextMessage:
    """Raises `Unsendable` where there is no number, no text, or far too much of it."""
    if not contact.mobile:
        raise Unsendable("the contact had no mobile number any more")
    number = to_e164(contact.mobile, contact.country, region)
    if number is None:
        raise Unsendable("the contact's mobile number is none that can be called")
    return sized(effect, number, fill(effect.settings["text"], contact, ours))


def sized(effect: Effect, number: str, filled: str) -> TextMessage:
    """Raises `Unsendable` for no text, or far too much of it."""
    text = filled.strip()
    size = segments(text)
    if not text:
        raise Unsendable("nothing is left of the text once its merge tags are filled")
    if size.count > MOST_SEGMENTS:
        raise Unsendable(f"the filled text takes {size.count} parts; {MOST_SEGMENTS} are sent at most")
    return TextMessage(
        id=effect.id, to=number, sender=effect.settings.get("sender"), text=text, segments=size
    )
