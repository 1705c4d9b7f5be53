"""A provider of text messages over HTTP, in a shape of our own (docs/messages.md); gateways translate for others."""

import json
from http import HTTPStatus
from typing import Any

import httpx

from common.adapters.http.exchange import Answer, Call, NoAnswer, NotReached, exchange
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain, Unreached
from common.ports import TextMessage

NOT_NOW = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
NOT_US = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""About our settings and not about this message: everything waits until they are put right."""


class HttpSmsProvider:
    """`timeout`: hard limit of one send, in seconds. Certificates are checked against the system's."""

    def __init__(self, url: str, token: str | None, *, connections: int, timeout: float) -> None:
        self._url = url
        self._token = token
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=False,
        )

    async def send(self, message: TextMessage) -> Delivery:
        """Once: an answer that never came is a doubt, though the provider is told a key that knows repeats."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            **({"Authorization": f"Bearer {self._token}"} if self._token else {}),
        }
        content = json.dumps(to_document(message), ensure_ascii=False).encode()
        call = Call("POST", self._url, headers, content, self._timeout)
        try:
            return outcome(await exchange(self._client, call), message)
        except NotReached as error:
            return Unreached(str(error))
        except NoAnswer as error:
            return Uncertain(str(error))

    async def close(self) -> None:
        await self._client.aclose()


def to_document(message: TextMessage) -> dict[str, Any]:
    sender = {"from": message.sender} if message.sender else {}
    return {
        "id": message.id,
        "to": message.to,
        **sender,
        "text": message.text,
        "segments": message.segments.count,
        "alphabet": message.segments.alphabet.value,
    }


def outcome(answer: Answer, message: TextMessage) -> Delivery:
    """What the provider's answer means; what it may have taken and not said so is uncertain."""
    status = answer.status
    said = f"{status} {answer.text}".strip()
    if 200 <= status < 300:
        parts = message.segments.count
        return Delivered(f"taken by the SMS provider, in {parts} part{'s' if parts > 1 else ''}")
    if status in NOT_US or 300 <= status < 400:
        return Unreached(said)
    if status in NOT_NOW:
        return Refused(said, permanent=False, of_address=False)
    if 400 <= status < 500 and status not in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT):
        return Refused(said, permanent=True, of_address=False)
    return Uncertain(said)
