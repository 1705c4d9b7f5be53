"""The reference CRM as the place where flows have things done (domain.md §13). It knows no repeats."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import assert_never
from zoneinfo import ZoneInfo

from common.adapters.crm import acts
from common.adapters.crm.acts import AUTOMATIC, NOBODY, CrmActs, Whose
from common.adapters.crm.asking import CHANGED_MEANWHILE
from common.adapters.crm.identities import Identities
from common.adapters.crm.patching import company_changes, contact_changes
from common.adapters.crm.persons import CrmPersons, Key
from common.domain.contact import Contact
from common.domain.contact_changes import changed_fields
from common.domain.crm_act import (
    ChangedCompany,
    ChangedContact,
    Join,
    Membership,
    NewContact,
    NewFollowUp,
    NewRequest,
    NewSale,
    Quit,
    ScriptRun,
    Telling,
)
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain, Unreached
from common.domain.diary import first_free
from common.ports import Deed, Unavailable

TRIES = 3
"""Of a change to a record that others change at the same moment."""

KEPT_HERE = "it is kept here alone: the CRM knows its selections and projects by numbers"


class RestCrm:
    """`timeout`: of one request, in seconds; a deed makes a few, one behind the other."""

    knows_repeats = False

    def __init__(self, done: CrmActs, persons: CrmPersons, identities: Identities, timeout: float) -> None:
        self._acts = done
        self._persons = persons
        self._identities = identities
        self.timeout = timeout * (TRIES * 2 + 2)

    async def perform(self, deed: Deed) -> Delivery:
        """What was changed here may be told twice: it is the same each time."""
        try:
            done = await self._perform(deed)
        except ValueError as error:
            text = f"the reference CRM knows its records and lists by numbers: {error}"
            return Refused(text, permanent=True, of_address=False)
        except Unavailable as error:
            return Unreached(str(error))
        if isinstance(deed.act, Telling) and isinstance(done, Uncertain):
            return Refused(done.text, permanent=False, of_address=False)
        return done

    async def _perform(self, deed: Deed) -> Delivery:
        if isinstance(deed.act, Membership) and not deed.act.name.isdecimal():
            return Delivered(KEPT_HERE)
        who = await self._identities.of(deed.contact)
        if not isinstance(who, Key):
            return who
        return await self._do(deed, who.id)

    async def _do(self, deed: Deed, who: str) -> Delivery:
        company = deed.contact.company
        match deed.act:
            case NewRequest() as act:
                return await self._acts.create_request(request(who, act))
            case NewSale() as act:
                return await self._acts.create_sale(sale(deed, who, act))
            case NewFollowUp() as act:
                return await self._acts.create_follow_up(follow_up(deed, who, act))
            case ScriptRun(script=script, parameters=parameters):
                return await self._acts.run_script(script, parameters)
            case NewContact():
                return await self._changed(
                    who, deed.contact, changed_fields(Contact(id=deed.contact.id), deed.contact)
                )
            case ChangedContact(fields=fields):
                return await self._changed(who, deed.contact, fields)
            case ChangedCompany(company=name, fields=fields):
                if company is None or company.id != name:
                    return Delivered("the contact belongs to another company by now")
                wanted = partial(company_changes, company=company, fields=fields)
                return await anew(lambda: self._persons.change_company(name, wanted))
            case Join(of=of, name=name):
                return await self._joins(of, name, who, company.id if company else None)
            case Quit(of="selection", name=name):
                return await self._acts.remove_from_selection(name, who, company.id if company else None)
            case Quit(name=name):
                return await self._acts.remove_from_project(name, who)
        assert_never(deed.act)

    async def _changed(self, who: str, contact: Contact, fields: tuple[str, ...]) -> Delivery:
        wanted = partial(contact_changes, contact=contact, fields=fields)
        return await anew(lambda: self._persons.change_contact(who, wanted))

    async def _joins(self, of: str, name: str, who: str, company: str | None) -> Delivery:
        add = self._acts.add_to_selection if of == "selection" else self._acts.add_to_project
        return await add(name, who, company)


async def anew(change: Callable[[], Awaitable[Delivery]]) -> Delivery:
    """A change that reads the record first, once more for each time that another was quicker."""
    done = await change()
    for _ in range(TRIES - 1):
        if done != CHANGED_MEANWHILE:
            break
        done = await change()
    return done


def everything(contact: Contact) -> tuple[str, ...]:
    """The fields of which anything is known."""
    return changed_fields(Contact(id=contact.id), contact)


def request(who: str, act: NewRequest) -> acts.NewRequest:
    return acts.NewRequest(
        title=act.title,
        contact=who,
        owner=AUTOMATIC if act.automatic else int(act.owner or NOBODY),
        type=act.type,
        status=act.status,
        category=act.category,
        priority=act.priority,
        message=act.message,
    )


def sale(deed: Deed, who: str, act: NewSale) -> acts.NewSale:
    """The CRM's word for a stage is rating."""
    return acts.NewSale(
        title=act.title,
        whose=whose(deed, who, act.project, act.owner),
        amount=act.amount,
        currency=act.currency,
        type=act.type,
        rating=act.stage,
        date=act.date,
        text=act.description,
    )


def follow_up(deed: Deed, who: str, act: NewFollowUp) -> acts.NewFollowUp:
    """Diaries are not read here: a meeting is at the first time within working hours."""
    begins = first_free(act.begins, act.minutes, (), ZoneInfo(act.zone)) if act.meeting else act.begins
    return acts.NewFollowUp(
        title=act.title,
        whose=whose(deed, who, act.project, act.owner),
        begins=begins,
        ends=begins + timedelta(minutes=act.minutes),
        meeting=act.meeting,
        type=act.type,
        agenda=act.agenda,
        free=act.free,
    )


def whose(deed: Deed, who: str, project: str | None, owner: str | None) -> Whose:
    company = deed.contact.company
    return Whose(contact=who, company=company.id if company else None, project=project, owner=owner)
