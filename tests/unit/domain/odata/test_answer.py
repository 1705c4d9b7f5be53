"""Rows as JSON, and what there is as XML."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from common.domain.odata.answer import (
    Form,
    Telling,
    collection,
    context,
    entity_address,
    form_asked,
    row_writer,
)
from common.domain.odata.metadata import EDM, metadata
from common.domain.report_tables import TABLES, Table
from tests.support.report_columns import COLUMNS

TABLE = Table("report_things", "Things.", COLUMNS)
ROW = {
    "id": 'it\'s "a"',
    "run": 2**53 + 1,
    "amount": Decimal("0.10"),
    "bot": True,
    "at": datetime(2024, 6, 1, 10, 0, 0, 123000, tzinfo=UTC),
    "day": date(2024, 6, 1),
}


def written(form: Form) -> Any:
    return json.loads(row_writer("http://h/odata", TABLE, TABLE.columns, form)(ROW), parse_float=Decimal)


def test_values_are_written_as_the_format_has_them_and_lose_nothing() -> None:
    assert written(Form()) == {
        "id": 'it\'s "a"',
        "run": 2**53 + 1,
        "amount": Decimal("0.10"),
        "bot": True,
        "at": "2024-06-01T10:00:00.123Z",
        "day": "2024-06-01",
    }


def test_numbers_are_told_as_text_to_clients_that_would_round_them() -> None:
    row = written(Form(exact=True))
    assert (row["run"], row["amount"]) == (str(2**53 + 1), "0.10")


def test_full_metadata_tells_types_and_addresses() -> None:
    row = written(Form(Telling.FULL))
    assert row["@odata.id"] == "http://h/odata/report_things('it''s \"a\"')"
    assert row["@odata.type"] == "#Headrace.report_things"
    assert row["day@odata.type"] == "#Date"


def test_a_missing_value_is_null() -> None:
    row = row_writer("r", TABLE, TABLE.columns, Form())(dict.fromkeys(ROW))
    assert set(json.loads(row).values()) == {None}


def test_without_metadata_only_what_is_needed_to_go_on_is_told() -> None:
    text = collection("c", ["{}"], total=3, next_link="n", form=Form(Telling.NONE))
    assert json.loads(text) == {"@odata.count": 3, "value": [{}], "@odata.nextLink": "n"}


def test_the_context_tells_which_columns_there_are() -> None:
    assert context("r", TABLE, TABLE.columns) == "r/$metadata#report_things"
    assert context("r", TABLE, TABLE.columns[:2]) == "r/$metadata#report_things(id,run)"
    assert entity_address(TABLE, "a'b") == "report_things('a''b')"


POWER_QUERY = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)


@pytest.mark.parametrize(
    ("accept", "given", "form"),
    [
        ("", None, Form()),
        ("*/*", None, Form()),
        (POWER_QUERY, None, Form()),
        ("text/html,*/*;q=0.8", None, Form()),
        ("application/json;odata.metadata=full", None, Form(Telling.FULL)),
        ("application/json;odata.metadata=none;IEEE754Compatible=true", None, Form(Telling.NONE, exact=True)),
        ("application/atom+xml", None, None),
        ("application/atom+xml", "json", Form()),
        ("*/*", "atom", None),
    ],
)
def test_the_form_is_what_the_client_takes(accept: str, given: str | None, form: Form | None) -> None:
    assert form_asked(accept, given) == form


def test_the_metadata_name_every_table_and_column_with_a_type() -> None:
    top = ElementTree.fromstring(metadata(TABLES.values()))
    entities = {each.attrib["Name"]: each for each in top.iter(f"{{{EDM}}}EntityType")}
    sets = {each.attrib["Name"]: each.attrib["EntityType"] for each in top.iter(f"{{{EDM}}}EntitySet")}
    assert sets == {name: f"Headrace.{name}" for name in TABLES}
    for name, table in TABLES.items():
        told = {each.attrib["Name"]: each.attrib for each in entities[name].iter(f"{{{EDM}}}Property")}
        assert list(told) == [column.name for column in table.columns]
        assert all(told[column.name]["Type"].startswith("Edm.") for column in table.columns)
        key = next(entities[name].iter(f"{{{EDM}}}PropertyRef"))
        assert key.attrib["Name"] == table.key
        assert told[table.key]["Nullable"] == "false"
