"""The tables told for people: the text of `docs/report-tables.md`."""

from collections.abc import Iterator

from common.domain.report_tables.dimensions import DIMENSIONS
from common.domain.report_tables.facts import CORRECTIONS, FACTS
from common.domain.report_tables.table import Column, Table

HEAD = """# Tables for analysts

Written by `make describe` from [common/domain/report_tables](../common/domain/report_tables); how they come to be and
what they are good for is in [reporting](reporting.md).

Names and meanings of tables and columns stay as they are; new ones may be added. *May be missing*: null. *Personal*:
left out unless it is asked for. The column `id` names a row for ever."""


def table_page() -> str:
    facts = map(described, (*FACTS, CORRECTIONS))
    parts = [HEAD, "## Facts", *facts, "## Dimensions", *map(described, DIMENSIONS)]
    return "\n\n".join(parts) + "\n"


def described(table: Table) -> str:
    return "\n".join([f"### {table.name}", "", table.meaning, "", *rows(table)])


def rows(table: Table) -> Iterator[str]:
    yield "| column | kind | meaning |"
    yield "|---|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {column.kind.replace('_', '/')} | {column.meaning}{remarks(column)} |"


def remarks(column: Column) -> str:
    given = {"Personal.": column.personal, "May be missing.": column.nullable}
    return "".join(f" {remark}" for remark, applies in given.items() if applies)
