"""Tables as files: over HTTP, and by the clock into a folder or a bucket."""

import asyncio
import csv
import gc
import io
import json
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow
import pytest
import pytest_asyncio
from pyarrow import parquet

from common.adapters.exports import places
from common.adapters.exports.places import Bucket, PlaceTrouble, piece_of, place
from common.adapters.mongo.export_turns import MongoExportTurns
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.report_reader import MongoReportTables
from common.domain.access import Scope
from common.domain.report_tables import TABLES
from common.domain.report_tables.forms import Form
from common.runtime.keys import make_key
from common.runtime.setting_parts import ExportSettings
from services.reporting import export as export_module
from services.reporting.export import Export, encoded
from services.reporting.exports_api import encoder
from services.reporting.scheduled_export import ScheduledExport
from tests.integration.reporting.conftest import Reporting
from tests.integration.reporting.rows import START, fill, revenue
from tests.support.s3_sink import S3Sink

pytestmark = pytest.mark.mongo

EXPORTS = "/v1/reports/exports"


@pytest_asyncio.fixture
async def tables(reporting: Reporting) -> Reporting:
    await fill(reporting)
    return reporting


async def test_each_form_holds_the_same_rows(tables: Reporting) -> None:
    answers = {form: await tables.ask(f"{EXPORTS}/report_revenue", format=form.value) for form in Form}
    lines = [json.loads(line) for line in answers[Form.NDJSON].text.splitlines()]
    cells = list(csv.DictReader(io.StringIO(answers[Form.CSV].text, newline="")))
    rows = parquet.read_table(io.BytesIO(answers[Form.PARQUET].content)).to_pylist()
    for found in (lines, cells, rows):
        assert [row["id"] for row in found] == [f"r{number:02}" for number in range(10)]
        assert list(found[0]) == [column.name for column in TABLES["report_revenue"].columns]
    assert [str(row["amount"] or "") for row in lines] == [row["amount"].rstrip("0") for row in cells]
    assert answers[Form.CSV].headers["Content-Disposition"] == 'attachment; filename="report_revenue.csv"'


async def test_every_table_can_be_exported_in_every_form(tables: Reporting) -> None:
    for name in TABLES:
        for form in Form:
            answer = await tables.ask(f"{EXPORTS}/{name}", format=form.value)
            assert answer.status_code == 200, answer.text


async def test_what_was_written_since_a_cursor_is_read_on(tables: Reporting) -> None:
    since = (START + timedelta(days=7)).isoformat()
    answer = await tables.ask(f"{EXPORTS}/report_revenue", since=since)
    assert [json.loads(line)["run"] for line in answer.text.splitlines()] == [7, 8, 9]
    cursor = datetime.fromisoformat(answer.headers["Headrace-Cursor"])
    assert timedelta(minutes=1) < datetime.now(UTC) - cursor < timedelta(minutes=5)
    await tables.process.database["report_revenue"].insert_one(revenue(50) | {"kept_at": datetime.now(UTC)})
    further = await tables.ask(f"{EXPORTS}/report_revenue", since=answer.headers["Headrace-Cursor"])
    assert [json.loads(line)["run"] for line in further.text.splitlines()] == [50]


async def test_what_can_not_be_exported_is_told(tables: Reporting) -> None:
    assert (await tables.ask(f"{EXPORTS}/contacts")).status_code == 404
    whole = await tables.ask(f"{EXPORTS}/report_flows", since=START.isoformat())
    assert whole.json()["errors"][0]["parameter"] == "since"
    assert (await tables.ask(f"{EXPORTS}/report_flows", format="xlsx")).status_code == 422


async def test_columns_about_persons_are_off_unless_asked_for_with_a_right(tables: Reporting) -> None:
    assert "ada" not in (await tables.ask(f"{EXPORTS}/report_contacts", format="csv")).text.lower()
    assert (await tables.ask(f"{EXPORTS}/report_contacts", personal="true")).status_code == 403
    new = make_key("persons", [Scope.REPORTS, Scope.PERSONAL])
    await MongoKeys(tables.process.database).add(new.key)
    parameters = {"personal": "true", "format": "csv"}
    answer = await tables.http.get(
        f"{EXPORTS}/report_contacts", params=parameters, headers={"X-API-Key": new.secret}
    )
    assert ",ada@example.org," in answer.text
    assert ",'=Ada," in answer.text


async def test_memory_stays_flat_however_long_the_table_is(
    tables: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peak is no higher while 2,400 rows go by than for the first 800, in portions of 200."""
    monkeypatch.setattr(export_module, "PORTION", 200)
    stored = tables.process.database["report_revenue"]
    template = revenue(1)
    await stored.insert_many([template | {"_id": f"x{n:06}"} for n in range(2_400)])
    reader = MongoReportTables(tables.process.database)
    table = TABLES["report_revenue"]

    async def peak(export: Export, form: Form) -> tuple[int, int]:
        gc.collect()
        tracemalloc.start()
        size = arrow = 0
        async for piece in encoded(reader, export, encoder(form, table.columns)):
            size, arrow = size + len(piece), max(arrow, pyarrow.total_allocated_bytes())
        peak = tracemalloc.get_traced_memory()[1] + arrow
        tracemalloc.stop()
        return size, peak

    await stored.update_many({"_id": {"$gte": "x000800"}}, {"$set": {"kept_at": START - timedelta(days=1)}})
    for form in Form:
        await peak(Export(table, START), form)  # what is imported and remembered once is not the table's
        few, some = await peak(Export(table, START), form)
        many, whole = await peak(Export(table), form)
        assert many > 2 * few, form
        assert whole < 1.5 * some, form


def scheduled(tables: Reporting, to: str, **changes: Any) -> ScheduledExport:
    return ScheduledExport(
        MongoReportTables(tables.process.database),
        MongoExportTurns(tables.process.database),
        place(to),
        ExportSettings(to=to, **changes),
    )


async def due(tables: Reporting) -> None:
    await tables.process.database["export_turns"].update_many({}, {"$unset": {"next": 1}})


async def test_by_the_clock_each_part_holds_what_is_new(tables: Reporting, tmp_path: Path) -> None:
    export = scheduled(tables, str(tmp_path / "out"))
    assert await export.turn(datetime.now(UTC), asyncio.Event())
    assert not await export.turn(datetime.now(UTC), asyncio.Event()), "one turn in an hour"
    first = parquet.read_table(tmp_path / "out" / "report_revenue" / "whole.parquet")
    assert first.num_rows == 10

    await tables.process.database["report_revenue"].insert_one(revenue(60) | {"kept_at": datetime.now(UTC)})
    await due(tables)
    assert await export.turn(datetime.now(UTC), asyncio.Event())
    parts = sorted((tmp_path / "out" / "report_revenue").iterdir())
    assert [parquet.read_table(part)["run"].to_pylist() for part in parts] == [[60], list(range(10))]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["tables"]["report_revenue"]["files"] == "report_revenue/*.parquet"
    assert manifest["tables"]["report_contacts"]["columns"]["country"] == "text"
    assert "email" not in manifest["tables"]["report_contacts"]["columns"]
    assert not [path for path in (tmp_path / "out").rglob("*") if path.name.startswith(".")]


async def test_a_turn_that_was_cut_short_is_made_up_for_without_gaps(
    tables: Reporting, tmp_path: Path
) -> None:
    """The place fails in the middle: the next turn writes the same parts over again."""
    export = scheduled(tables, str(tmp_path / "out"), form=Form.CSV)
    (tmp_path / "out" / "report_revenue").parent.mkdir()
    (tmp_path / "out" / "report_revenue").write_text("in the way")
    with pytest.raises(PlaceTrouble, match="report_revenue"):
        await export.turn(datetime.now(UTC), asyncio.Event())
    (tmp_path / "out" / "report_revenue").unlink()
    await due(tables)
    assert await export.turn(datetime.now(UTC), asyncio.Event())
    (part,) = (tmp_path / "out" / "report_revenue").iterdir()
    assert len(part.read_text().splitlines()) == 11


async def test_files_of_another_form_begin_with_all_rows(tables: Reporting, tmp_path: Path) -> None:
    to = str(tmp_path / "out")
    assert await scheduled(tables, to, form=Form.CSV).turn(datetime.now(UTC), asyncio.Event())
    await due(tables)
    assert await scheduled(tables, to, form=Form.PARQUET).turn(datetime.now(UTC), asyncio.Event())
    whole = parquet.read_table(tmp_path / "out" / "report_revenue" / "whole.parquet")
    assert whole.num_rows == 10


async def test_only_one_of_several_processes_takes_a_turn(tables: Reporting, tmp_path: Path) -> None:
    export = scheduled(tables, str(tmp_path / "out"), form=Form.CSV)
    taken = await asyncio.gather(*(export.turn(datetime.now(UTC), asyncio.Event()) for _ in range(4)))
    assert sorted(taken) == [False, False, False, True]


@pytest_asyncio.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[S3Sink]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with S3Sink() as sink:
        yield sink


async def test_a_bucket_gets_the_same_files(tables: Reporting, bucket: S3Sink) -> None:
    assert await scheduled(tables, bucket.address("reports/daily")).turn(datetime.now(UTC), asyncio.Event())
    part = bucket.objects["reports/daily/report_revenue/whole.parquet"]
    assert parquet.read_table(io.BytesIO(part)).num_rows == 10
    assert "tables" in json.loads(bucket.objects["reports/daily/manifest.json"])


async def test_a_long_file_goes_to_a_bucket_in_parts_and_is_asked_for_again_while_the_store_is_busy(
    bucket: S3Sink,
) -> None:
    pieces = [bytes([number]) * 1_000_000 for number in range(25)]

    async def long_file() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    bucket.busy = 2
    assert await Bucket(bucket.address("reports")).put("long", long_file()) == 25_000_000
    assert bucket.objects["reports/long"] == b"".join(pieces)
    assert (bucket.busy, bucket.parts > 1) == (0, True)


async def test_a_store_that_does_not_know_the_key_pauses_the_export_and_nothing_is_skipped(
    tables: Reporting, bucket: S3Sink
) -> None:
    bucket.key = "somebody else"
    export = scheduled(tables, bucket.address("reports/daily"))
    with pytest.raises(PlaceTrouble, match=r"can't write report_.* to reports/daily"):
        await export.turn(datetime.now(UTC), asyncio.Event())
    assert not bucket.objects
    bucket.key = "somebody"
    await due(tables)
    assert await export.turn(datetime.now(UTC), asyncio.Event())
    part = bucket.objects["reports/daily/report_revenue/whole.parquet"]
    assert parquet.read_table(io.BytesIO(part)).num_rows == 10


async def test_a_full_disk_on_the_way_to_a_bucket_pauses_the_export(
    bucket: S3Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Path("/dev/full")
    monkeypatch.setattr(places, "TemporaryFile", lambda: full.open("r+b", buffering=0))
    with pytest.raises(PlaceTrouble, match="No space left"):
        await Bucket(bucket.address("reports")).put("file", piece_of(b"all"))
    assert not bucket.objects


async def test_a_file_that_breaks_off_never_shows_up_in_a_bucket(bucket: S3Sink) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half of it"
        raise httpx.ReadError("gone")

    with pytest.raises(httpx.ReadError):
        await Bucket(bucket.address("reports")).put("file", broken())
    await Bucket(bucket.address("reports")).put("whole", piece_of(b"all"))
    assert dict(bucket.objects) == {"reports/whole": b"all"}
