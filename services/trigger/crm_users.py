"""The CRM's users, so that owners and service contacts are known by name and address: listed whole, again and again.

What the CRM says of a user is taken over. Who may not log in there takes on no new work here; who may is left as
somebody here has set it.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from common.adapters.crm.records import CrmUser
from common.adapters.crm.rest import CrmRest
from common.adapters.crm.session import CrmAway, CrmRefused
from common.adapters.mongo.crm_looks import MongoCrmLooks
from common.domain.user import User, UserData
from common.ports import Clock, Unavailable, UserDesigns

log = structlog.get_logger()

PAUSED = "crm_users.paused"
TAKEN = "crm_users.taken"
NOT_TAKEN = "crm_users.not_taken"

ASK_SECONDS = 5.0
KIND, NUMBERS = "user", "user.numbers"
NUMBERS_EVERY = timedelta(days=1)
"""Telephone numbers are in another record, and nobody tells when they change."""


class CrmUsers:
    """`every`: how long between two looks."""

    def __init__(
        self, looks: MongoCrmLooks, crm: CrmRest, users: UserDesigns, clock: Clock, every: timedelta
    ) -> None:
        self._looks = looks
        self._crm = crm
        self._users = users
        self._clock = clock
        self._every = every

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            try:
                await self.turn()
            except (CrmAway, CrmRefused, Unavailable) as error:
                log.warning(PAUSED, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ASK_SECONDS)

    async def turn(self) -> None:
        """Look, if it is time."""
        if await self._looks.turn(KIND, self._every) is None:
            return
        numbers = await self._looks.turn(NUMBERS, max(self._every, NUMBERS_EVERY)) is not None
        async for page in self._crm.users():
            await self._take(page, numbers=numbers)

    async def _take(self, page: Sequence[CrmUser], *, numbers: bool) -> None:
        known = await self._users.many(each.id for each in page)
        told: dict[str, UserData] = {}
        for each in page:
            found = each.data
            if numbers or each.id not in known:
                found = {**found, **await self._numbers(each)}
            if differs(known.get(each.id), found) and (data := user_data(each.id, found)):
                told[each.id] = data
        if told:
            done = await self._users.upload(told, at=await self._clock.now())
            log.info(TAKEN, created=done.created, changed=done.changed)

    async def _numbers(self, user: CrmUser) -> Mapping[str, Any]:
        if user.person is None:
            return {}
        try:
            return await self._crm.numbers(user.person)
        except CrmRefused as error:
            log.warning(NOT_TAKEN, user=user.id, why=str(error))
            return {}


def differs(known: User | None, told: Mapping[str, Any]) -> bool:
    return known is None or any(getattr(known, name) != value for name, value in told.items())


def user_data(user: str, told: Mapping[str, Any]) -> UserData | None:
    try:
        return UserData.model_validate(told)
    except ValidationError as error:
        log.warning(NOT_TAKEN, user=user, why=str(error.errors()[0]["msg"]))
        return None
