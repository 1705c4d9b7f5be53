"""The channel `notify_sms`: a step's words to our own people, as text messages."""

from datetime import datetime

from common.adapters.mail.texts import fill
from common.adapters.sms.channel import PreparedText, SmsChannel, sized
from common.adapters.sms.numbers import to_e164
from common.domain.contact import Contact
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.domain.steps.notify_by_sms import NOTIFY_SMS
from common.ports import Unsendable


class NotifySmsChannel(SmsChannel):
    """To a user's number in place of the contact's."""

    name = NOTIFY_SMS

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedText:
        number = await self._number(effect.settings["user"])
        written = effect.settings["text"]
        text = fill(written, contact, await self._beside.of(effect, contact, [written]))
        return PreparedText(sized(effect, number, text), self._provider)

    async def _number(self, user: str) -> str:
        known = (await self._beside.colleagues.many([user])).get(user)
        if known is None:
            raise Unsendable(f"there is no user {user!r}")
        if not known.mobile:
            raise Unsendable(f"user {user!r} has no mobile number")
        number = to_e164(known.mobile, self._region)
        if number is None:
            raise Unsendable(f"the mobile number of user {user!r} is none that can be called")
        return number
