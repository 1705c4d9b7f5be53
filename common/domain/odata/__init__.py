"""What OData clients ask, read and checked against a table before any storage hears of it (decisions 0175, 0176)."""

from common.domain.odata.problem import BadQuery, NotOffered
from common.domain.odata.query import Order, Query, read_query

__all__ = ["BadQuery", "NotOffered", "Order", "Query", "read_query"]
