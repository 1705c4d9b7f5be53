"""What is done in the reference CRM (domain.md §13), in our words: its person is our contact, its ticket a request.

The CRM knows no repeats: a create that is not answered may have happened, and is uncertain.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from common.adapters.crm.fields import Fields
from common.adapters.crm.session import Session
from common.adapters.http.exchange import Answer, NoAnswer, NotReached
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain, Unreached

NOBODY = 0
AUTOMATIC = 2_147_483_647
"""Owners of requests: none, and whoever the CRM finds."""


CHANGED_MEANWHILE = Refused("the contact was changed meanwhile", permanent=False, of_address=False)
"""What a change that was overtaken comes to."""


class Operation(StrEnum):
    """Of a JSON Patch (RFC 6902), as far as the CRM takes them."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Change:
    """`path` as JSON Patch has it, `/Emails/0/Value`; a `TEST` that fails refuses all of the changes."""

    operation: Operation
    path: str
    value: Any = None

    def document(self) -> dict[str, Any]:
        told = {"op": self.operation.value, "path": self.path}
        return told if self.operation is Operation.REMOVE else told | {"value": self.value}


@dataclass(frozen=True, slots=True)
class Whose:
    """Ids of the records that a new one belongs to."""

    contact: str | None = None
    company: str | None = None
    project: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class NewSale:
    """`status`: `Open`, `Sold`, `Lost` or `Stalled`; `type`, `rating` and `currency` are ids of the CRM's lists."""

    title: str
    whose: Whose
    amount: float | None = None
    currency: str | None = None
    type: str | None = None
    rating: str | None = None
    date: datetime | None = None
    status: str = "Open"
    text: str = ""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """`type`, `status`, `category` and `priority` are ids of the CRM's lists; `owner` may be `NOBODY` or `AUTOMATIC`.
    `message`: the first one of the request."""

    title: str
    contact: str
    owner: int = NOBODY
    type: str | None = None
    status: str | None = None
    category: str | None = None
    priority: str | None = None
    message: str = ""
    notify: bool = True


@dataclass(frozen=True, slots=True)
class NewFollowUp:
    """A task or a meeting; `type` is an id of the CRM's list."""

    title: str
    whose: Whose
    begins: datetime
    ends: datetime
    type: str | None = None
    agenda: str = ""
    free: bool = False


class CrmActs:
    """Each answers what became of it, and raises nothing expected."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def update_contact(
        self, contact: str, changes: Sequence[Change], *, unless_changed_since: datetime | None = None
    ) -> Delivery:
        """All of the changes or none."""
        patch = [change.document() for change in changes]
        since = {"If-Unmodified-Since": http_date(unless_changed_since)} if unless_changed_since else {}
        return await self._do("PATCH", f"Person/{int(contact)}", patch, since)

    async def create_sale(self, sale: NewSale) -> Delivery:
        told = {
            "Heading": sale.title,
            "SaleText": sale.text,
            "Amount": sale.amount,
            "Currency": listed(sale.currency),
            "SaleType": listed(sale.type),
            "Rating": listed(sale.rating),
            "Saledate": sale.date.isoformat() if sale.date else None,
            "Status": sale.status,
            **belonging(sale.whose),
        }
        return await self._do("POST", "Sale", without_nothing(told))

    async def create_request(self, request: NewRequest) -> Delivery:
        """The request, and then its message; a request whose message was not taken is told as done."""
        told = {
            "Title": request.title,
            "TicketType": listed(request.type),
            "Status": listed(request.status),
            "Category": listed(request.category),
            "Priority": listed(request.priority),
            "Person": {"PersonId": int(request.contact)},
            "OwnedBy": request.owner,
        }
        address = f"Ticket?notify={str(request.notify).lower()}"
        answer = await self._ask("POST", address, without_nothing(told))
        if not isinstance(answer, Answer):
            return answer
        made = outcome(answer)
        if not (isinstance(made, Delivered) and request.message):
            return made
        return await self._with_message(answer, request.message)

    async def _with_message(self, answer: Answer, message: str) -> Delivery:
        key = key_of(answer, "TicketId")
        told = {"Ticket": {"TicketId": key}, "Body": message}
        said = await self._do("POST", "TicketMessage", told) if key else Uncertain("the answer tells no id")
        return said if isinstance(said, Delivered) else Delivered(f"without its message: {said.text}")

    async def create_follow_up(self, follow_up: NewFollowUp) -> Delivery:
        told = {
            "Title": follow_up.title,
            "Agenda": follow_up.agenda,
            "StartDate": follow_up.begins.isoformat(),
            "EndDate": follow_up.ends.isoformat(),
            "Task": listed(follow_up.type),
            "IsFree": follow_up.free,
            **belonging(follow_up.whose),
        }
        return await self._do("POST", "Appointment", without_nothing(told))

    async def assign_owner(self, contact: str, owner: str) -> Delivery:
        """Reads the record first, and changes it if it is still the one that was read."""
        address = f"Person/{int(contact)}"
        read = await self._ask("GET", address)
        if not isinstance(read, Answer):
            return read
        if not isinstance(outcome(read), Delivered):
            return outcome(read)
        record = Fields(json_in(read))
        if record.part("Associate").key("AssociateId") == owner:
            return Delivered("is its owner already")
        change = Change(Operation.REPLACE, "/Associate", {"AssociateId": int(owner)})
        return await self.update_contact(
            contact, [change], unless_changed_since=updated(record.text("UpdatedDate"))
        )

    async def run_script(self, script: str, parameters: Mapping[str, str]) -> Delivery:
        """`script`: its unique id, or its number."""
        return await self._do("POST", f"CRMScript/{quote(script, safe='')}/Execute", dict(parameters))

    async def add_to_selection(self, selection: str, contact: str, company: str | None = None) -> Delivery:
        row = {"PersonId": int(contact), "ContactId": int(company or 0)}
        return await self._do("POST", f"Selection/{int(selection)}/Members/AddPerson", [row])

    async def add_to_project(
        self, project: str, contact: str, company: str | None = None, member_type: str | None = None
    ) -> Delivery:
        row = {
            "ProjectId": int(project),
            "PersonId": int(contact),
            "ContactId": int(company or 0),
            "ProjectMemberTypeId": int(member_type) if member_type else None,
        }
        return await self._do("POST", "ProjectMember", without_nothing(row))

    async def register_webhook(
        self, name: str, events: Sequence[str], target: str, secret: str, errors_to: str
    ) -> Delivery:
        told = {
            "Name": name,
            "Events": list(events),
            "TargetUrl": target,
            "Secret": secret,
            "State": "Active",
            "Type": "webhook",
            "ErrorsEmail": errors_to,
        }
        return await self._do("POST", "Webhook", told)

    async def _do(
        self, method: str, address: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Delivery:
        answer = await self._ask(method, address, body, headers)
        return outcome(answer) if isinstance(answer, Answer) else answer

    async def _ask(
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


def listed(value: str | None) -> dict[str, int] | None:
    return {"Id": int(value)} if value else None


def belonging(whose: Whose) -> dict[str, Any]:
    named = {
        "Person": ("PersonId", whose.contact),
        "Contact": ("ContactId", whose.company),
        "Project": ("ProjectId", whose.project),
        "Associate": ("AssociateId", whose.owner),
    }
    return {name: {key: int(value)} for name, (key, value) in named.items() if value}


def without_nothing(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def http_date(moment: datetime) -> str:
    """As HTTP writes it (RFC 9110, 5.6.7)."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
