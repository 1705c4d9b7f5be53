"""The reference CRM's webhook to us (domain.md §12, §13): which there is, and how it is made and set active again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.adapters.crm.fields import Fields
from common.adapters.crm.session import CrmAway, Session, read_answer
from common.adapters.http.exchange import NoAnswer, NotReached

ACTIVE = "Active"
EVENTS: tuple[str, ...] = (
    *(
        f"person.{verb}"
        for verb in ("created", "changed", "deleted", "softdeleted", "consented", "unconsented")
    ),
    *(f"contact.{verb}" for verb in ("created", "changed", "deleted", "softdeleted")),
    *(f"sale.{verb}" for verb in ("created", "changed", "deleted", "sold", "lost", "completed")),
    *(
        f"{record}.{verb}"
        for record in ("activity", "projectmember")
        for verb in ("created", "changed", "deleted")
    ),
    *(f"ticket.{verb}" for verb in ("created", "changed")),
    *(f"chatsession.{verb}" for verb in ("created", "changed", "message")),
    *(f"quote.{verb}" for verb in ("approved", "rejected", "sent", "ordered")),
)
"""What flows may ask for, and what keeps contacts true."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """As the CRM has it; `missing`: events that flows may ask for and it does not tell."""

    key: str
    name: str
    target: str
    state: str
    missing: Sequence[str]

    @property
    def active(self) -> bool:
        return self.state.lower() == ACTIVE.lower()


@dataclass(frozen=True, slots=True)
class Wanted:
    """`errors_to`: whom the CRM writes to when it closes the webhook."""

    name: str
    target: str
    secret: str
    errors_to: str

    def document(self) -> dict[str, Any]:
        return {
            "Name": self.name,
            "Events": list(EVENTS),
            "TargetUrl": self.target,
            "Secret": self.secret,
            "State": ACTIVE,
            "Type": "webhook",
            "ErrorsEmail": self.errors_to,
        }


class CrmWebhooks:
    """Raises `CrmAway` and `CrmRefused`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def to(self, target: str) -> Webhook | None:
        """That which calls this address."""
        answer = await self._session.read("Webhook")
        rows = (
            [Fields(each) for each in answer] if isinstance(answer, list) else Fields(answer).parts("value")
        )
        found = [webhook(row) for row in rows if row.text("TargetUrl") == target]
        return next((each for each in found if each.key), None)

    async def register(self, wanted: Wanted) -> bool:
        """Made anew, or as it is wanted and active again where there was one; whether there was."""
        known = await self.to(wanted.target)
        if known is None:
            await self._ask("POST", "Webhook", wanted.document())
        else:
            told = wanted.document() | {"WebhookId": int(known.key)}
            await self._ask("PUT", f"Webhook/{int(known.key)}", told)
        return known is not None

    async def _ask(self, method: str, address: str, body: Any) -> None:
        try:
            read_answer(await self._session.ask(method, self._session.below(address), body))
        except (NotReached, NoAnswer) as error:
            raise CrmAway(str(error)) from error


def webhook(row: Fields) -> Webhook:
    told = row.any("Events")
    events = {str(each).lower() for each in told} if isinstance(told, list) else set()
    return Webhook(
        key=row.key("WebhookId") or "",
        name=row.text("Name") or "",
        target=row.text("TargetUrl") or "",
        state=row.text("State") or "",
        missing=[each for each in EVENTS if each not in events],
    )
