"""The reference CRM as the place where flows have things done (domain.md §13). It knows no repeats."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from common.adapters.crm import acts
from common.adapters.crm.acts import AUTOMATIC, NOBODY, CrmActs, Whose
from common.domain.crm_act import NewFollowUp, NewOwner, NewRequest, NewSale, ScriptRun
from common.domain.delivery import Delivery, Refused
from common.domain.diary import first_free
from common.ports import Deed

TRIES = 3
"""Of a change to a record that others change at the same moment."""


class RestCrm:
    """`timeout`: of one request, in seconds; a deed makes a few, one behind the other."""

    knows_repeats = False

    def __init__(self, done: CrmActs, timeout: float) -> None:
        self._acts = done
        self.timeout = timeout * TRIES * 2

    async def perform(self, deed: Deed) -> Delivery:
        try:
            return await self._perform(deed)
        except ValueError as error:
            text = f"the reference CRM knows its records and lists by numbers: {error}"
            return Refused(text, permanent=True, of_address=False)

    async def _perform(self, deed: Deed) -> Delivery:
        match deed.act:
            case NewRequest() as act:
                return await self._acts.create_request(request(deed, act))
            case NewSale() as act:
                return await self._acts.create_sale(sale(deed, act))
            case NewFollowUp() as act:
                return await self._acts.create_follow_up(follow_up(deed, act))
            case NewOwner(owner=owner):
                return await anew(lambda: self._acts.assign_owner(deed.contact.id, owner))
            case ScriptRun(script=script, parameters=parameters):
                return await self._acts.run_script(script, parameters)
        assert_never(deed.act)


async def anew(change: Callable[[], Awaitable[Delivery]]) -> Delivery:
    """A change that reads the record first, once more for each time that another was quicker."""
    done = await change()
    for _ in range(TRIES - 1):
        if done != acts.CHANGED_MEANWHILE:
            break
        done = await change()
    return done


def request(deed: Deed, act: NewRequest) -> acts.NewRequest:
    return acts.NewRequest(
        title=act.title,
        contact=deed.contact.id,
        owner=AUTOMATIC if act.automatic else int(act.owner or NOBODY),
        type=act.type,
        status=act.status,
        category=act.category,
        priority=act.priority,
        message=act.message,
    )


def sale(deed: Deed, act: NewSale) -> acts.NewSale:
    """The CRM's word for a stage is rating."""
    return acts.NewSale(
        title=act.title,
        whose=whose(deed, act.project, act.owner),
        amount=act.amount,
        currency=act.currency,
        type=act.type,
        rating=act.stage,
        date=act.date,
        text=act.description,
    )


def follow_up(deed: Deed, act: NewFollowUp) -> acts.NewFollowUp:
    """Diaries are not read here: a meeting is at the first time within working hours."""
    begins = first_free(act.begins, act.minutes, (), ZoneInfo(act.zone)) if act.meeting else act.begins
    return acts.NewFollowUp(
        title=act.title,
        whose=whose(deed, act.project, act.owner),
        begins=begins,
        ends=begins + timedelta(minutes=act.minutes),
        type=act.type,
        agenda=act.agenda,
        free=act.free,
    )


def whose(deed: Deed, project: str | None, owner: str | None) -> Whose:
    company = deed.contact.company
    return Whose(
        contact=deed.contact.id, company=company.id if company else None, project=project, owner=owner
    )
