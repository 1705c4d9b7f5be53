"""The channel `notify_email`: a step's words to our own people, as a mail in plain text and once more as HTML."""

from datetime import datetime

from common.adapters.beside import Beside
from common.adapters.mail.channel import ConnectionSlots, PreparedMail
from common.adapters.mail.letters import paragraphs
from common.adapters.mail.mime import Mail, ascii_address, compose, one_line
from common.adapters.mail.rendering import Rendered, document, domain_of
from common.adapters.mail.senders import Senders
from common.adapters.mail.texts import fill
from common.domain.contact import Contact
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.domain.sender import Sender
from common.domain.steps.notify_by_email import NOTIFY_EMAIL
from common.ports import Mailer, Unsendable


class NotifyEmailChannel:
    """`timeout` is that of the mailer, `connections` its most."""

    name = NOTIFY_EMAIL
    counts_bounces = False
    knows_repeats = False

    def __init__(
        self, beside: Beside, senders: Senders, mailer: Mailer, *, connections: int, timeout: float
    ) -> None:
        self._beside = beside
        self._senders = senders
        self._mailer = mailer
        self.slots = ConnectionSlots(connections)
        self.timeout = timeout

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedMail:
        if flow is None or flow.email is None:
            raise Unsendable("the flow has no e-mail settings")
        if not flow.email.from_address:
            raise Unsendable("the flow's e-mail settings name no address to send from")
        recipient = await self._recipient(effect)
        written = [effect.settings[name] for name in ("subject", "text")]
        ours = await self._beside.of(effect, contact, written)
        subject, text = (fill(each, contact, ours) for each in written)
        mail = notification(effect, await self._senders.fixed(flow.email), recipient, subject, text, now)
        return PreparedMail(mail, self._mailer)

    async def _recipient(self, effect: Effect) -> tuple[str, str]:
        """Name and address of a user, or the address that the step names."""
        user = effect.settings.get("user")
        if user is None:
            return "", effect.settings["to"]
        known = (await self._beside.colleagues.many([user])).get(user)
        if known is None:
            raise Unsendable(f"there is no user {user!r}")
        if known.email is None:
            raise Unsendable(f"user {user!r} has no e-mail address")
        return known.name, known.email


def notification(
    effect: Effect,
    sender: Sender,
    recipient: tuple[str, str],
    subject: str,
    text: str,
    now: datetime,
) -> Rendered:
    mail = Mail(
        message_id=f"{effect.message_id}@{domain_of(sender.address)}",
        date=now,
        sender=(sender.name, sender.address),
        recipient=recipient,
        subject=subject,
        text=text,
        html=document(one_line(subject), "", paragraphs(text), None, None),
    )
    return Rendered(compose(mail), ascii_address(sender.address), ascii_address(recipient[1]))
