"""An errand: something that a form or a link has done in the CRM, by no flow (domain.md §9)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from common.domain.crm_act import CRM
from common.domain.effect import Effect
from common.domain.ids import digest
from common.domain.permission import Permission

ACT = "act"
IN_DAYS = "in_days"
BEGINS = "begins"


def errand(
    record: str, contact: str, partition: int, depth: int, data: Mapping[str, Any], now: datetime
) -> Effect:
    """The effect that does it; one for each record. `data`: the `act`, and in how many days what it makes begins."""
    act = dict(data[ACT])
    if IN_DAYS in data:
        act[BEGINS] = (now + timedelta(days=data[IN_DAYS])).isoformat()
    return Effect(
        id=digest("errand", record),
        partition=partition,
        channel=CRM,
        flow="",
        run=0,
        version=0,
        participant="",
        contact=contact,
        step="",
        permission=Permission.NONE,
        settings=act,
        planned_at=now,
        enrolled_by=record,
        cause=record,
        depth=depth + 1,
    )
