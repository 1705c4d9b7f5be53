"""A fact as each type of line sees it: what a store or a rules engine keeps to be asked by clauses."""

from datetime import UTC, date, datetime
from typing import Any

from common.domain.conditions.clause import Kind
from common.domain.conditions.folding import fold
from common.domain.conditions.list import texts
from common.domain.conditions.moments import microseconds, parse, span
from common.domain.conditions.number import is_number


def columns(value: Any) -> dict[Kind, Any]:
    """The kinds as which this value is there; none for a value that is empty to every type."""
    if isinstance(value, bool):
        return {Kind.YES_NO: value}
    if is_number(value):
        return {Kind.NUMBER: value}
    if isinstance(value, str):
        return _of_text(str(value)) if value else {}
    if isinstance(value, date):
        return _of_moment(value)
    items = [fold(text) for text in texts(value)]
    return {Kind.ITEMS: items} if items else {}


def _of_text(text: str) -> dict[Kind, Any]:
    folded = fold(text)
    moment = parse(text)
    seen: dict[Kind, Any] = {Kind.TEXT: text, Kind.FOLDED: folded, Kind.ITEMS: [folded]}
    return seen | _of_moment(moment) if moment else seen


def _of_moment(moment: date) -> dict[Kind, Any]:
    if not isinstance(moment, datetime):
        return {Kind.DAY: moment.toordinal()}
    covered = span(moment, UTC)
    return {Kind.INSTANT: microseconds(covered.first)} if covered else {}
