"""`/v1/reports/verification`: whether reports equal the truth, told while it is found out."""

from collections.abc import AsyncIterator
from typing import Literal, assert_never

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import Field

from common.adapters.mongo.report_truth import Difference
from common.domain.access import Scope
from common.domain.model import Model
from common.runtime.keys import require
from services.reporting.look import FactsChecked
from services.reporting.recount import CountsChecked
from services.reporting.verification import Checked, Verification

SHOWN = 20
"""Differences told of one flow, at most."""
NDJSON = "application/x-ndjson"


class Wanted(Model):
    repair: bool = Field(default=False, description="Put right what is found, while everything goes on.")


class FactsLine(Model):
    """Some contacts looked at."""

    looked: Literal["facts"] = "facts"
    contacts: int
    missing: int = Field(description="Facts that were never kept; with `repair` they are told once more.")
    surplus: int = Field(description="Facts that never happened; with `repair` they are removed.")
    stale: int = Field(description="What was told of messages that are kept otherwise than it says.")


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
    """One flow looked at."""

    looked: Literal["counts"] = "counts"
    flow: str
    rows: int = Field(description="Rows of counts compared.")
    differences: int = Field(description="Counters that are not what the facts come to.")
    shown: list[OffCounter] = Field(description=f"The first {SHOWN} of them.")


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
        each look (`looked`: `facts` or `counts`), and a last one (`all`). Left out are contacts that were forgotten,
        what is on its way, and what is older than facts are kept."""
        return StreamingResponse(lines(verification, repair=wanted.repair), media_type=NDJSON)

    return routes


async def lines(verification: Verification, *, repair: bool) -> AsyncIterator[str]:
    equal = True
    async for checked in verification.run(repair=repair):
        line = told(checked)
        equal = equal and not any(line.model_dump(include=FAULTS).values())
        yield line.model_dump_json() + "\n"
    yield EndLine(equal=equal).model_dump_json() + "\n"


FAULTS = {"missing", "surplus", "stale", "differences"}


def told(checked: Checked) -> FactsLine | CountsLine:
    match checked:
        case FactsChecked():
            return FactsLine(
                contacts=checked.contacts,
                missing=len(checked.missing),
                surplus=len(checked.surplus),
                stale=len(checked.stale),
            )
        case CountsChecked():
            return CountsLine(
                flow=checked.flow,
                rows=checked.rows,
                differences=len(checked.differences),
                shown=[shown(each) for each in checked.differences[:SHOWN]],
            )
    assert_never(checked)


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
