"""A contact that is forgotten is in no table, no page and no further file; figures stay."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from common.adapters.exports.places import place
from common.adapters.mongo.erasure import MongoErasure
from common.adapters.mongo.export_turns import MongoExportTurns
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.report_reader import MongoReportTables
from common.domain.access import Scope
from common.domain.ids import partition_of
from common.domain.report_tables import TABLES
from common.domain.report_tables.forms import Form
from common.runtime.keys import make_key
from common.runtime.setting_parts import ExportSettings
from services.reporting.scheduled_export import ScheduledExport
from tests.integration.reporting.conftest import PARTITIONS, Reporting
from tests.integration.reporting.test_reports import PATH, enrolment

pytestmark = pytest.mark.mongo

MARK = "quillfeather"
"""Stands in every value that is the contact's own."""


async def known(reporting: Reporting, contact: str) -> None:
    await reporting.process.database["contacts"].insert_one(
        {
            "_id": contact,
            "first_name": f"{MARK}-first",
            "last_name": f"{MARK}-last",
            "email": f"{MARK}@example.org",
            "mobile": f"{MARK}-number",
            "country": f"{MARK}-land",
            "company": {"id": "w", "name": f"{MARK} Works"},
            "partition": partition_of(contact, PARTITIONS),
            "revision": 1,
        }
    )


async def told_by_tables(reporting: Reporting) -> dict[str, str]:
    """All pages, with the columns about persons."""
    new = make_key("persons", [Scope.REPORTS, Scope.PERSONAL])
    await MongoKeys(reporting.process.database).add(new.key)
    found = {}
    for name in TABLES:
        answer = await reporting.http.get(f"/odata/personal/{name}", headers={"X-API-Key": new.secret})
        assert answer.status_code == 200, answer.text
        found[name] = answer.text
    return found


def told_by_files(folder: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in folder.rglob("*.csv")}


async def test_tables_pages_and_the_next_files_know_nobody_who_was_forgotten_and_figures_stay(
    reporting: Reporting, tmp_path: Path
) -> None:
    facts = [enrolment(1), enrolment(2)]
    contact = facts[0].contact
    assert contact is not None
    await reporting.told(facts)
    await known(reporting, contact)
    database = reporting.process.database
    settings = ExportSettings(to=str(tmp_path / "out"), form=Form.CSV, personal=True)
    assert settings.to is not None
    export = ScheduledExport(
        MongoReportTables(database), MongoExportTurns(database), place(settings.to), settings
    )

    async def turn() -> dict[str, str]:
        await database["export_turns"].update_many({}, {"$unset": {"next": 1}})
        assert await export.turn(datetime.now(UTC), asyncio.Event())
        return told_by_files(tmp_path / "out")

    async def figures() -> Any:
        return await reporting.read(f"{PATH}/winback", **{"from": "1997-01-01", "to": "1997-12-31"})

    before = await figures()
    assert MARK in (await told_by_tables(reporting))["report_contacts"]
    assert MARK in (await turn())["report_contacts"]

    erasure = MongoErasure(database, PARTITIONS)
    await erasure.begin(contact)
    assert await erasure.finish(contact) is not None

    pages, files = await told_by_tables(reporting), await turn()
    assert MARK not in f"{pages} {files}"
    assert f'"{contact}"' not in pages["report_contacts"]
    assert f'"{contact}"' in pages["report_enrolments"], "facts stay, by the contact's id"
    assert files["report_contacts"].count("\n") == 1, "the head alone"
    assert await figures() == before
