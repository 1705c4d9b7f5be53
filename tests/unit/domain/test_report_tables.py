"""The tables for analysts keep what readers of all kinds rely on."""

import re
from collections import Counter

import pytest

from common.domain.report_tables import DIMENSIONS, FACTS, ID, TABLES, Kind, Table
from common.domain.report_tables.page import table_page

NAME = re.compile(r"[a-z][a-z0-9_]*")
PERSONAL = {"first_name", "last_name", "email", "mobile", "company_name"}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_each_table_has_a_key_and_columns_of_plain_names_once_each(table: Table):
    names = [column.name for column in table.columns]
    key = table.column(table.key)
    assert key is not None
    assert (table.key, names[0], key.kind, key.nullable, key.personal) == (ID, ID, Kind.TEXT, False, False)
    assert table.name.startswith("report_")
    assert [name for name in (table.name, *names) if not NAME.fullmatch(name)] == []
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_tables_have_names_of_their_own():
    assert len(TABLES) == len(FACTS) + len(DIMENSIONS) + 1


@pytest.mark.parametrize("table", FACTS, ids=lambda table: table.name)
def test_facts_tell_of_which_flow_contact_and_time_they_are(table: Table):
    kinds = {name: table.column(name) for name in ("flow", "run", "version", "contact", "at", "hour", "day")}
    assert all(column is not None and not column.nullable for column in kinds.values())


def test_people_are_told_of_in_personal_columns_only_and_facts_have_none():
    personal = {
        (table.name, column.name) for table in TABLES.values() for column in table.columns if column.personal
    }
    assert personal == {("report_contacts", name) for name in PERSONAL}


def test_the_page_tells_of_every_column():
    page = table_page()
    for table in TABLES.values():
        part = page.split(f"### {table.name}\n")[1].split("###")[0]
        assert re.findall(r"^\| `(\w+)`", part, re.MULTILINE) == [column.name for column in table.columns]
