"""The tables that analysts read (`docs/reporting.md`): a contract, told once for every way of reading them.

Each is a collection, or a view, of the same name, in which the columns have the names that they have here; the key
`id` is stored as `_id`. What may be missing is missing there, or null.
"""

from common.domain.report_tables.dimensions import DIMENSIONS
from common.domain.report_tables.facts import CORRECTIONS, FACTS
from common.domain.report_tables.table import ID, Column, Kind, Table

__all__ = ["CORRECTIONS", "DIMENSIONS", "FACTS", "ID", "TABLES", "Column", "Kind", "Table"]

TABLES = {table.name: table for table in (*FACTS, CORRECTIONS, *DIMENSIONS)}
"""By name; facts first."""
