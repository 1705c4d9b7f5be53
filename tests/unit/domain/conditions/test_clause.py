from datetime import datetime

from hypothesis import given, settings

from common.domain.conditions import Asker, Criteria, clause, holds
from common.domain.conditions.change import ChangeLine
from common.domain.conditions.clause import ALWAYS
from common.domain.facts import Facts
from tests.support import strategies
from tests.support.clauses import met


def about_changes(criteria: Criteria) -> bool:
    return any(isinstance(line, ChangeLine) for group in criteria for line in group)


@settings(max_examples=1000)
@given(strategies.criteria, strategies.facts, strategies.askers, strategies.nows)
def test_clauses_mean_what_conditions_mean(
    criteria: Criteria, facts: Facts, asker: Asker, now: datetime
) -> None:
    meant = holds(criteria, facts, now, asker)
    told = met(clause(criteria, asker, now), facts)
    assert told or not meant
    assert told is meant or about_changes(criteria)


@settings(max_examples=500)
@given(strategies.criteria, strategies.facts, strategies.askers, strategies.nows)
def test_without_a_time_clauses_leave_nobody_out(
    criteria: Criteria, facts: Facts, asker: Asker, now: datetime
) -> None:
    if holds(criteria, facts, now, asker):
        assert met(clause(criteria, asker), facts)


def test_no_conditions_are_always_met() -> None:
    assert clause(()) == ALWAYS
