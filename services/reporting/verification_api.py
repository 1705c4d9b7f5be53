"""`/v1/reports/verification`: whether reports equal the truth, told while it is found out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Literal, assert_never

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import Field

from common.adapters.mongo.report_counts import Difference, Piece
from common.domain.access import Scope
from common.domain.model import Model
from common.runtime.keys import require
from services.reporting.look import FactsChecked
from services.reporting.pieces import CountsChecked
from services.reporting.seen_steps import StepsChecked
from services.reporting.strays import TableChecked
from services.reporting.verification import Begun, Checked, Verification

SHOWN = 20
"""Differences told of one look, at most."""
SIGN_SECONDS = 10.0
"""Whoever listens hears something at least this often."""
NDJSON = "application/x-ndjson"


class Wanted(Model):
    repair: bool = Field(default=False, description="Put right what is found, while everything goes on.")


class BeginLine(Model):
    """The first line: how much there is to look at."""

    looked: Literal["nothing"] = "nothing"
    partitions: int
    flows: list[str]


class FactsLine(Model):
    """Some contacts of a partition looked at."""

    looked: Literal["facts"] = "facts"
    partition: int
    contacts: int
    missing: int = Field(description="Facts that were never kept; with `repair` they are told once more.")
    surplus: int = Field(description="Facts that never happened; with `repair` they are removed.")
    changed: int = Field(
        description="Facts with other values than they had; with `repair` they are replaced."
    )


class TableLine(Model):
    """Some rows of a table looked at."""

    looked: Literal["table"] = "table"
    table: str
    facts: int
    surplus: int = Field(description="Facts about nobody and nothing; with `repair` they are removed.")


class OffCounter(Model):
    """One counter of one row."""

    about: dict[str, str]
    grain: str
    start: str
    partition: int
    counter: str
    expected: str
    found: str


class CountsLine(Model):
    """Some counts of a flow looked at: those of some days, of a partition's messages and buyers, or of all time."""

    looked: Literal["counts"] = "counts"
    flow: str
    since: datetime | None = None
    until: datetime | None = None
    partition: int | None = None
    rows: int = Field(description="Rows of counts compared.")
    differences: int = Field(description="Counters that are not what the facts come to.")
    shown: list[OffCounter] = Field(description=f"The first {SHOWN} of them.")


class StepsLine(Model):
    """The steps of a flow's versions looked at."""

    looked: Literal["steps"] = "steps"
    flow: str
    steps: int
    unlike: int = Field(description="Rows of `report_steps` that are not as the versions say.")


class StillLine(Model):
    """Nothing new, but it goes on."""

    looked: Literal["still"] = "still"


class EndLine(Model):
    """The last line; without it the answer was cut short."""

    looked: Literal["all"] = "all"
    equal: bool = Field(description="No difference was found.")


def router(verification: Verification) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/reports", tags=["reports"], dependencies=[Depends(require(Scope.MANAGE, machines=True))]
    )

    @routes.post("/verification", response_class=StreamingResponse)
    async def verify_reports(wanted: Wanted) -> StreamingResponse:
        """Work out anew, from participants, decisions, the ledger and events, what is reported. One line of JSON for
        each look (`looked`: `facts`, `table`, `counts`, `steps`), a first (`nothing`) and a last one (`all`); `still`
        where a look takes long. Left out are contacts that were forgotten, what is on its way, and what is older than
        it is kept."""
        return StreamingResponse(lines(verification, repair=wanted.repair), media_type=NDJSON)

    return routes


async def lines(verification: Verification, *, repair: bool) -> AsyncIterator[str]:
    equal = True
    async with aclosing(with_signs_of_life(verification.run(repair=repair), SIGN_SECONDS)) as looks:
        async for checked in looks:
            equal = equal and (checked is None or checked.good)
            line = StillLine() if checked is None else told(checked)
            yield line.model_dump_json(exclude_none=True) + "\n"
    yield EndLine(equal=equal).model_dump_json() + "\n"


async def with_signs_of_life(
    looks: AsyncGenerator[Checked], seconds: float
) -> AsyncGenerator[Checked | None]:
    """`None` whenever a look takes longer than that."""
    while True:
        coming = asyncio.ensure_future(anext(looks, None))
        try:
            while not (await asyncio.wait({coming}, timeout=seconds))[0]:
                yield None
            if (checked := coming.result()) is None:
                return
            yield checked
        finally:
            coming.cancel()


def told(checked: Checked) -> Model:
    match checked:
        case Begun():
            return BeginLine(partitions=checked.partitions, flows=list(checked.flows))
        case FactsChecked():
            return FactsLine(
                partition=checked.partition,
                contacts=checked.contacts,
                missing=len(checked.missing),
                surplus=len(checked.surplus),
                changed=len(checked.changed),
            )
        case TableChecked():
            return TableLine(table=checked.table, facts=checked.rows, surplus=len(checked.surplus))
        case CountsChecked():
            return counts_line(checked)
        case StepsChecked():
            return StepsLine(flow=checked.flow, steps=checked.rows, unlike=checked.differences)
    assert_never(checked)


def counts_line(checked: CountsChecked) -> CountsLine:
    about = checked.piece
    days = {"since": about.since, "until": about.until} if isinstance(about, Piece) else {}
    return CountsLine(
        flow=checked.flow,
        **days,
        partition=about.partition if isinstance(about, Piece) else about,
        rows=checked.rows,
        differences=len(checked.differences),
        shown=[shown(each) for each in checked.differences[:SHOWN]],
    )


def shown(difference: Difference) -> OffCounter:
    about = {name: str(getattr(difference.row, name)) for name in difference.row.__dataclass_fields__}
    return OffCounter(
        about=about,
        grain=difference.grain,
        start=difference.start.isoformat(),
        partition=difference.partition,
        counter=difference.counter,
        expected=str(difference.expected),
        found=str(difference.found),
    )
