"""Whoever reads on hears of facts that were taken out."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from common.adapters.mongo.report_truth import MongoReportTruth
from common.adapters.mongo.retention import Kept, MongoRetention
from common.ports import Commit
from tests.integration.reporting.conftest import Reporting
from tests.integration.reporting.test_reports import enrolment

pytestmark = pytest.mark.mongo

TABLE = "report_enrolments"


async def test_a_fact_that_is_taken_out_is_told_until_its_time_is_over(reporting: Reporting) -> None:
    stays, goes = enrolment(1), enrolment(2)
    await reporting.told([stays, goes])
    database = reporting.process.database
    began = datetime.now(UTC) - timedelta(seconds=1)
    for _ in range(2):  # found surplus again by somebody who looked at the same time
        writes = MongoReportTruth(database).dropped([(TABLE, goes.id)])
        await reporting.process.batches.commit(Commit(writes=writes))

    assert [row["id"] for row in (await reporting.read(f"/odata/{TABLE}"))["value"]] == [stays.id]
    answer = await reporting.ask("/v1/reports/exports/report_corrections", since=began.isoformat())
    (told,) = [json.loads(line) for line in answer.text.splitlines()]
    assert (told["table_name"], told["fact"]) == (TABLE, goes.id)

    retention, later = MongoRetention(database), datetime.now(UTC) + timedelta(days=1)
    assert [await retention.remove(Kept.FACTS, later, 10) for _ in range(3)] == [1, 1, 0]
    assert (await reporting.read("/odata/report_corrections"))["value"] == []
