"""A table with a column of each kind."""

from common.domain.report_tables import Column, Kind

COLUMNS = (
    Column("id", Kind.TEXT, "Its id."),
    Column("run", Kind.WHOLE, "A number."),
    Column("amount", Kind.DECIMAL, "An amount.", nullable=True),
    Column("bot", Kind.YES_NO, "A machine?"),
    Column("at", Kind.INSTANT, "When."),
    Column("day", Kind.DAY, "Which day."),
)
