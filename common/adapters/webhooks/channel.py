"""The channel `webhook`: calls to other systems, signed, and repeated under the same id until one is answered."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx

from common.adapters.beside import Beside
from common.adapters.http.exchange import Answer, Call, NoAnswer, NotReached, exchange
from common.adapters.http.guarded import AddressRefused, GuardedTransport
from common.adapters.mail.channel import ConnectionSlots
from common.adapters.mail.texts import fill_all
from common.adapters.webhooks.signing import Secrets, headers_of
from common.domain.contact import Contact
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.domain.json_body import texts
from common.domain.steps.call_webhook import WEBHOOK

FLOW_STEP = "flow.step"
"""The type of a call whose author wrote no body."""

NOT_NOW = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


def machine_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """One call, bound to its client; signed when it leaves, since receivers refuse old signatures."""

    id: str
    method: str
    url: str
    body: str
    channel: "WebhookChannel"

    async def send(self) -> Delivery:
        return await self.channel.send(self)


class WebhookChannel:
    """`timeout`: hard limit of one call, in seconds."""

    name = WEBHOOK
    counts_bounces = False
    knows_repeats = True

    def __init__(
        self,
        transport: GuardedTransport,
        secrets: Secrets,
        beside: Beside,
        *,
        connections: int,
        timeout: float,
        now: Callable[[], datetime] = machine_now,
    ) -> None:
        self._client = httpx.AsyncClient(transport=transport, trust_env=False)
        self._secrets = secrets
        self._beside = beside
        self._now = now
        self.slots = ConnectionSlots(connections)
        self.timeout = timeout

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedCall:
        told = effect.settings
        ours = await self._beside.of(effect, contact, texts(told["body"]))
        document = fill_all(told["body"], contact, ours) or usual(effect)
        return PreparedCall(effect.id, told["method"], told["url"], json.dumps(document), self)

    async def send(self, call: PreparedCall) -> Delivery:
        """What can't be reached is refused for now: it is one address's trouble, and not the channel's."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Headrace",
            **headers_of(call.id, self._now(), call.body, self._secrets.of(call.url)),
        }
        asked = Call(call.method, call.url, headers, call.body.encode(), self.timeout)
        try:
            return outcome(await exchange(self._client, asked))
        except AddressRefused as error:
            return Refused(str(error), permanent=True, of_address=False)
        except NotReached as error:
            return Refused(str(error), permanent=False, of_address=False)
        except NoAnswer as error:
            return Uncertain(str(error))

    async def close(self) -> None:
        await self._client.aclose()


def usual(effect: Effect) -> dict[str, Any]:
    """What is told where the author wrote no body: the same at each repeat."""
    names = ("contact", "flow", "version", "step", "participant")
    data = {name: getattr(effect, name) for name in names}
    return {"type": FLOW_STEP, "timestamp": effect.planned_at.isoformat(), "data": data}


def outcome(answer: Answer) -> Delivery:
    """2xx is done; what may be different another time is tried again."""
    status = answer.status
    said = f"{status} {answer.text}".strip()
    if 200 <= status < 300:
        return Delivered(f"answered {status}")
    if 300 <= status < 400:
        return Refused(f"{status}: redirects are not followed", permanent=True, of_address=False)
    return Refused(said, permanent=status < 500 and status not in NOT_NOW, of_address=False)
