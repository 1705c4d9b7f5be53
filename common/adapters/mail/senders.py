"""From whom a mail comes, asked when it is made: the settings may be older than the list of approved domains."""

from collections.abc import Callable
from time import monotonic

from common.domain.colleague import Ours
from common.domain.flow import EmailSettings
from common.domain.sender import NotApproved, Sender, sender_of
from common.domain.sender_domains import Approved
from common.ports import SenderDomainDesigns, Unsendable

KEPT_SECONDS = 10.0
"""How long a change of the list may take to reach mails."""


class Senders:
    """`now`: machine time in seconds."""

    def __init__(self, domains: SenderDomainDesigns, now: Callable[[], float] = monotonic) -> None:
        self._domains = domains
        self._now = now
        self._approved: Approved | None = None
        self._asked_at = 0.0

    async def of(self, settings: EmailSettings, ours: Ours) -> Sender:
        """Of a mail to a contact. Raises `Unsendable` where no approved address is left, and `Unavailable`."""
        try:
            return sender_of(settings.origin, ours, await self._list())
        except NotApproved as error:
            raise Unsendable(str(error)) from error

    async def fixed(self, settings: EmailSettings) -> Sender:
        """Of word to our own people: from the flow's own address, whoever mails to the contact come from."""
        await self.check(settings.from_address)
        return Sender(settings.from_name, settings.from_address)

    async def check(self, address: str) -> None:
        """Raises `Unsendable` when mail may not come from this address, and `Unavailable`."""
        approved = await self._list()
        if not approved.allows(address):
            raise Unsendable(approved.complaint(address))

    async def _list(self) -> Approved:
        if self._approved is None or self._now() - self._asked_at >= KEPT_SECONDS:
            self._approved = Approved.of((await self._domains.all()).domains)
            self._asked_at = self._now()
        return self._approved
