"""What is done in the reference CRM (domain.md §13), in our words: its person is our contact, its ticket a request.

The CRM knows no repeats: a create that is not answered may have happened, and is uncertain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from common.adapters.crm.asking import Asking, json_in, key_of, outcome
from common.adapters.crm.fields import Fields
from common.adapters.http.exchange import Answer
from common.domain.delivery import Delivered, Delivery, Uncertain, Unreached

NOBODY = 0
AUTOMATIC = 2_147_483_647
"""Owners of requests: none, and whoever the CRM finds."""

MEETING, TASK = "inDiary", "inChecklist"
"""What a follow-up is to the CRM: a time in the diary, or something to be ticked off."""


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
    """A task, or a `meeting`; `type` is an id of the CRM's list."""

    title: str
    whose: Whose
    begins: datetime
    ends: datetime
    meeting: bool = False
    type: str | None = None
    agenda: str = ""
    free: bool = False


class CrmActs(Asking):
    """Each answers what became of it, and raises nothing expected."""

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
        return await self.do("POST", "Sale", without_nothing(told))

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
        answer = await self.ask("POST", address, without_nothing(told))
        if not isinstance(answer, Answer):
            return answer
        made = outcome(answer)
        if not (isinstance(made, Delivered) and request.message):
            return made
        return await self._with_message(answer, request.message)

    async def _with_message(self, answer: Answer, message: str) -> Delivery:
        key = key_of(answer, "TicketId")
        told = {"Ticket": {"TicketId": key}, "Body": message}
        said = await self.do("POST", "TicketMessage", told) if key else Uncertain("the answer tells no id")
        return said if isinstance(said, Delivered) else Delivered(f"without its message: {said.text}")

    async def create_follow_up(self, follow_up: NewFollowUp) -> Delivery:
        told = {
            "Title": follow_up.title,
            "Agenda": follow_up.agenda,
            "StartDate": follow_up.begins.isoformat(),
            "EndDate": follow_up.ends.isoformat(),
            "Type": MEETING if follow_up.meeting else TASK,
            "Task": listed(follow_up.type),
            "IsFree": follow_up.free,
            **belonging(follow_up.whose),
        }
        return await self.do("POST", "Appointment", without_nothing(told))

    async def run_script(self, script: str, parameters: Mapping[str, str]) -> Delivery:
        """`script`: its unique id, or its number."""
        return await self.do("POST", f"CRMScript/{quote(script, safe='')}/Execute", dict(parameters))

    async def add_to_selection(self, selection: str, contact: str, company: str | None = None) -> Delivery:
        row = {"PersonId": int(contact), "ContactId": int(company or 0)}
        return await self.do("POST", f"Selection/{int(selection)}/Members/AddPerson", [row])

    async def remove_from_selection(
        self, selection: str, contact: str, company: str | None = None
    ) -> Delivery:
        row = {"PersonId": int(contact), "ContactId": int(company or 0)}
        return await self.do("POST", f"Selection/{int(selection)}/Members/RemovePerson", [row])

    async def remove_from_project(self, project: str, contact: str) -> Delivery:
        """Every row by which the contact is on it."""
        rows = await self._members(project, contact)
        if not isinstance(rows, Sequence):
            return rows
        done: Delivery = Delivered("was not on it")
        for row in rows:
            done = await self.do("DELETE", f"ProjectMember/{row}")
            if not isinstance(done, Delivered):
                break
        return done

    async def _members(self, project: str, contact: str) -> Sequence[str] | Delivery:
        asked = {
            "$select": "projectmemberId",
            "$filter": f"projectId eq {int(project)} and personId eq {int(contact)}",
        }
        answer = await self.ask("GET", f"ProjectMember?{urlencode(asked)}")
        if not isinstance(answer, Answer):
            return Unreached(answer.text)
        if not isinstance(outcome(answer), Delivered):
            return outcome(answer)
        rows = Fields(json_in(answer)).parts("value")
        return [key for row in rows if (key := row.key("projectmemberId"))]

    async def add_to_project(
        self, project: str, contact: str, company: str | None = None, member_type: str | None = None
    ) -> Delivery:
        row = {
            "ProjectId": int(project),
            "PersonId": int(contact),
            "ContactId": int(company or 0),
            "ProjectMemberTypeId": int(member_type) if member_type else None,
        }
        return await self.do("POST", "ProjectMember", without_nothing(row))


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
