"""Rule sets never leave out anyone for whom conditions hold, asked of the real library."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.adapters.rules.matcher import is_available
from common.adapters.rules.rulesets import (
    MOST_PROPERTIES,
    MOST_RULES,
    Compiled,
    compile_rules,
    see,
)
from common.domain.conditions import Asker, Criteria, clause, holds
from common.domain.conditions.clause import NEVER, Clause
from common.domain.conditions.number import NumberLine
from common.domain.conditions.text import TextLine
from common.domain.facts import Facts
from tests.support import strategies

pytestmark = pytest.mark.skipif(not is_available(), reason="durable_rules can't be imported here")


def found(compiled: Compiled, facts: Facts) -> set[str]:
    """The keys that the library finds, and those that it is not asked about."""
    from common.adapters.rules.durable_rules import DurableRules

    rules = DurableRules([ruleset.rules for ruleset in compiled.rulesets])
    told = set(compiled.always)
    for number, ruleset in enumerate(compiled.rulesets):
        names = rules.find(number, ruleset.project(see(ruleset.fields, facts)))
        told |= {ruleset.keys[name] for name in names}
    return told


@settings(max_examples=150, deadline=None)
@given(
    st.lists(strategies.criteria, min_size=3, max_size=12),
    st.lists(strategies.facts, min_size=1, max_size=3),
    strategies.nows,
    strategies.askers,
)
def test_whoever_holds_is_found(
    asked: list[Criteria], told: list[Facts], now: datetime, asker: Asker
) -> None:
    compiled = compile_rules({str(n): clause(criteria, asker) for n, criteria in enumerate(asked)})
    for facts in told:
        holding = {str(n) for n, criteria in enumerate(asked) if holds(criteria, facts, now, asker)}
        assert holding <= found(compiled, facts)


def country_and_amount(country: str, least: float) -> Clause:
    lines = (
        TextLine(field="contact.country", op="is", value=country),
        NumberLine(field="event.amount", op="ge", value=least),
    )
    return clause((lines,))


def test_whoever_plainly_does_not_hold_is_left_out() -> None:
    asked = {f"{country}{n}": country_and_amount(country, n) for country in ("DE", "SE") for n in range(200)}
    compiled = compile_rules(asked)
    assert not compiled.always
    assert found(compiled, {"contact.country": "de", "event.amount": 2.5}) == {"DE0", "DE1", "DE2"}
    assert found(compiled, {"contact.country": "FR", "event.amount": 2.5}) == set()
    assert found(compiled, {}) == set()


@pytest.mark.parametrize(
    "facts",
    [
        {"contact.country": 1, "event.amount": "5"},
        {"contact.country": True, "event.amount": True},
        {"contact.country": ["DE"], "event.amount": float("inf")},
        {"contact.country": "D" * 10_000, "event.amount": "zzz"},
        {"contact.country": "\ud800", "event.amount": 10**400},
    ],
)
def test_values_of_other_types_don_t_confuse_it(facts: Facts) -> None:
    assert found(compile_rules({"asked": country_and_amount("DE", 1)}), facts) == set()


@pytest.mark.parametrize("amount", [1e300, -1e300, 2**62, 1e-9, -1e-9, 0.0000005])
def test_numbers_beyond_its_own_are_never_left_out(amount: float) -> None:
    for op, bound in (("ge", amount), ("le", amount), ("eq", amount), ("gt", amount - 1), ("lt", amount + 1)):
        criteria = ((NumberLine(field="event.amount", op=op, value=bound),),)
        meant = holds(criteria, {"event.amount": amount}, strategies.A_TIME)
        got = found(compile_rules({"asked": clause(criteria)}), {"event.amount": amount})
        assert got or not meant


def test_sets_keep_to_the_limits_of_the_library() -> None:
    asked: Mapping[str, Any] = {
        str(n): clause(
            (tuple(TextLine(field=f"event.f{n}-{m}", op="is", value="x") for m in range(n % 7 + 1)),)
        )
        for n in range(450)
    }
    compiled = compile_rules(asked)
    assert sum(len(ruleset.rules) for ruleset in compiled.rulesets) == len(asked)
    for ruleset in compiled.rulesets:
        assert len(ruleset.rules) <= MOST_RULES
        assert len(ruleset.properties) <= MOST_PROPERTIES


def test_a_rule_that_names_too_many_facts_is_not_asked() -> None:
    many = tuple(TextLine(field=f"event.f{n}", op="is", value="x") for n in range(MOST_PROPERTIES + 1))
    compiled = compile_rules({"many": clause((many,))})
    assert compiled.always == {"many"}
    assert compiled.rulesets == ()


def test_conditions_that_can_t_hold_take_no_rule() -> None:
    assert compile_rules({"never": NEVER}).rulesets == ()
    assert not compile_rules({"never": NEVER}).always
