"""The ready queries of docs/bi/duckdb.md, over exported files: they tell what the reports tell."""

import asyncio
import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from common.adapters.exports.places import place
from common.adapters.mongo.export_turns import MongoExportTurns
from common.adapters.mongo.report_reader import MongoReportTables
from common.adapters.mongo.report_truth import MongoReportTruth
from common.ports import Commit
from common.runtime.setting_parts import ExportSettings
from services.reporting.scheduled_export import ScheduledExport
from tests.integration.reporting.conftest import Reporting
from tests.integration.reporting.stories import some_passage, told_of

pytestmark = pytest.mark.mongo

PAGE = Path(__file__).parents[3] / "docs" / "bi" / "duckdb.md"
QUERY = re.compile(r"^```sql (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Rows = list[dict[str, Any]]


def queries() -> Mapping[str, str]:
    return dict(QUERY.findall(PAGE.read_text()))


async def exported(reporting: Reporting, folder: Path) -> None:
    """Half of the stories in one turn, the rest in the next, which tells the first half's last minutes again; and a
    fact that never happened, which is taken out between them."""
    tables, turns = (
        MongoReportTables(reporting.process.database),
        MongoExportTurns(reporting.process.database),
    )
    to = str(folder / "tables")
    export = ScheduledExport(tables, turns, place(to), ExportSettings(to=to))
    dice = random.Random(7)
    stories = [told_of(number, some_passage(dice)) for number in range(200)]
    early = [record for story in stories for record in story[:3]]
    late = [record for story in stories for record in story[3:]]
    database = reporting.process.database
    for records in (early, late):
        await reporting.told(records)
        if records is early:
            some = await database["report_enrolments"].find_one()
            await database["report_enrolments"].insert_one(
                {**(some or {}), "_id": "never", "participant": "nobody"}
            )
        else:
            writes = MongoReportTruth(database).dropped([("report_enrolments", "never")])
            await reporting.process.batches.commit(Commit(writes=writes))
        await reporting.process.database["export_turns"].update_many({}, {"$unset": {"next": 1}})
        assert await export.turn(datetime.now(UTC), asyncio.Event())


def told(folder: Path) -> Iterator[tuple[str, Rows]]:
    with duckdb.connect() as database:
        database.execute(f"SET file_search_path = '{folder}'")
        for name, query in queries().items():
            answer = database.execute(query)
            names = [column[0] for column in answer.description or ()]
            yield name, [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


async def test_the_ready_queries_tell_what_the_reports_tell(reporting: Reporting, tmp_path: Path) -> None:
    await exported(reporting, tmp_path)
    assert len(list((tmp_path / "tables" / "report_messages").iterdir())) == 2
    found = dict(told(tmp_path))
    assert all(rows for name, rows in found.items() if name != "views")
    for line in found["summary"]:
        figures = await reporting.read(f"/v1/reports/flows/{line['flow']}")
        assert line["enrolled"] == figures["enrolled"]
        assert line["in_progress"] == figures["in_progress"]
        assert line["completed"] == figures["completed"]
        assert line["success_rate"] == pytest.approx(figures["success_rate"])
        assert sums(found["drop_outs"], line["flow"], "participants") == {
            reason: number for reason, number in figures["by_drop_out_reason"].items() if number
        }
        assert sums(found["refusals"], line["flow"], "suggestions") == {
            reason: number for reason, number in figures["refused"].items() if number
        }
        sent = {row["content"]: row["sent"] for row in found["emails"] if row["flow"] == line["flow"]}
        assert sent == {row["content"]: row["by_state"]["done"] for row in figures["messages"]}
        clicks = sum(row["by_people"] for row in found["clicks"] if row["flow"] == line["flow"])
        assert clicks == sum(row["clicks"] for row in figures["messages"])
    over_time = sum(row["enrolled"] for row in found["over_time"])
    assert (
        over_time
        == sum(row["enrolled"] for row in found["summary"])
        == sum(row["enrolled"] for row in found["cohorts"])
    )


def sums(rows: Rows, flow: str, name: str) -> dict[str, int]:
    return {row["reason"]: row[name] for row in rows if row["flow"] == flow}


def test_thirty_days_end_with_their_last_instant_as_in_the_reports() -> None:
    enrolled = datetime(2024, 3, 1, 9, 30)
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE revenue (flow TEXT, currency TEXT, contact TEXT, amount INT, kind TEXT, "
            'enrolled_at TIMESTAMP, "at" TIMESTAMP, days INT)'
        )
        for late in (timedelta(), timedelta(milliseconds=1)):
            row = ["winback", "EUR", "ada", 5, "order", enrolled, enrolled + timedelta(days=30) + late, 30]
            database.execute("INSERT INTO revenue VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        assert database.execute(queries()["revenue"]).fetchall() == [("winback", "EUR", 1, 1, 5)]
