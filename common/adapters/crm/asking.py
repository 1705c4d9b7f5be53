"""Asking the reference CRM for acts, and what its answers mean for them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from common.adapters.crm.fields import Fields
from common.adapters.crm.session import Session
from common.adapters.http.exchange import Answer, NoAnswer, NotReached
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain, Unreached

CHANGED_MEANWHILE = Refused("the contact was changed meanwhile", permanent=False, of_address=False)
"""What a change that was overtaken comes to."""


class Asking:
    """Each answers what became of it, and raises nothing expected."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def do(
        self, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Delivery:
        answer = await self.ask(method, address, body, headers)
        return outcome(answer) if isinstance(answer, Answer) else answer

    async def ask(
        self, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer | Unreached | Uncertain:
        try:
            return await self._session.ask(method, self._session.below(address), body, headers)
        except NotReached as error:
            return Unreached(str(error))
        except NoAnswer as error:
            return Uncertain(str(error))


def outcome(answer: Answer) -> Delivery:
    """What the CRM's answer means. What it says in words is kept: it names fields, and no values of the contact."""
    status = answer.status
    if 200 <= status < 300:
        return Delivered(f"answered {status}")
    if status == HTTPStatus.UNAUTHORIZED or status < 400:
        return Unreached(f"the CRM answered {status}")
    match status:
        case HTTPStatus.CONFLICT:
            return Refused("the contact is not as it was tested for", permanent=True, of_address=False)
        case HTTPStatus.PRECONDITION_FAILED:
            return CHANGED_MEANWHILE
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return Refused(f"the CRM answered {status}", permanent=False, of_address=False)
    if status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
        return Refused(f"the CRM answered {status} {answer.text}".strip(), permanent=True, of_address=False)
    return Uncertain(f"the CRM answered {status}")


def json_in(answer: Answer) -> Any:
    """Nothing where it is none."""
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def key_of(answer: Answer, name: str) -> int | None:
    found = Fields(json_in(answer)).key(name)
    return int(found) if found and found.isdecimal() else None


def updated(told: str | None) -> datetime | None:
    """When the record was changed last; the CRM's own time is UTC where it tells no zone."""
    try:
        moment = datetime.fromisoformat(told or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def quoted(text: str) -> str:
    """As text in a filter."""
    return text.replace("'", "''")


def http_date(moment: datetime) -> str:
    """As HTTP writes it (RFC 9110, 5.6.7)."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
