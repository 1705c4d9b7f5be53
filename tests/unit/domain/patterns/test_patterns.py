"""What holds for all kinds of patterns."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from common.domain.conditions import Asker, Criteria, holds
from common.domain.facts import Facts
from common.domain.patterns import AnyAction, AnyCriterion, AnyTrigger, Pattern, Role, patterns
from common.domain.patterns.form_submitted import FormSubmitted
from common.domain.patterns.order_placed import OrderPlaced
from tests.support import strategies
from tests.support.flows import START

UNIONS: dict[Role, TypeAdapter[Pattern]] = {
    Role.TRIGGER: TypeAdapter(AnyTrigger),
    Role.CRITERION: TypeAdapter(AnyCriterion),
    Role.ACTION: TypeAdapter(AnyAction),
}

FURTHER: dict[str, dict[str, Any]] = {
    "contact_updated": {"changed": ["category"]},
    "link_clicked": {"content": "thanks"},
    "order_placed": {"conditions": [{"field": "event.amount", "type": "number", "op": "ge", "value": 20}]},
}
"""Settings beside those that a kind requires."""


def example(kind: str) -> dict[str, Any]:
    fields = patterns.members[kind].model_fields.items()
    return {name: "spring" for name, field in fields if field.is_required()} | FURTHER.get(kind, {})


EXAMPLES = {kind: example(kind) for kind in patterns.members}


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
@pytest.mark.parametrize("role", list(Role))
def test_a_kind_serves_in_its_roles_and_no_other(kind: str, role: Role) -> None:
    document = {"kind": kind, **EXAMPLES[kind]}
    if role not in patterns.members[kind].roles:
        with pytest.raises(ValidationError, match=repr(kind)):
            UNIONS[role].validate_python(document)
        return
    read = UNIONS[role].validate_python(document)
    assert read.kind == kind
    assert UNIONS[role].validate_json(read.model_dump_json()) == read


def test_every_kind_has_a_role() -> None:
    assert all(member.roles <= set(Role) and member.roles for member in patterns.members.values())


@given(strategies.criteria, strategies.facts, strategies.askers)
def test_it_matches_when_its_conditions_hold(criteria: Criteria, facts: Facts, asker: Asker) -> None:
    pattern = OrderPlaced(conditions=tuple(group for group in criteria if group))
    assert pattern.match(facts, START, asker).holds is holds(criteria, facts, START, asker)


@given(strategies.criteria, strategies.facts)
def test_the_facts_it_names_suffice(criteria: Criteria, facts: Facts) -> None:
    pattern = FormSubmitted(form="contact-me", conditions=tuple(group for group in criteria if group))
    facts = {**facts, "event.form": "contact-me"}
    named = {field: facts[field] for field in pattern.fields() if field in facts}
    assert pattern.match(named, START) == pattern.match(facts, START)


def test_slots_differ_with_what_is_asked() -> None:
    line = {"field": "event.country", "type": "text", "op": "is", "value": "DE"}
    slots = [
        FormSubmitted(form="contact-me").slot,
        FormSubmitted(form="rsvp").slot,
        FormSubmitted(form="contact-me", conditions=[line]).slot,
        FormSubmitted(form="contact-me", conditions=[{**line, "value": "SE"}]).slot,
        FormSubmitted(form="contact-me", conditions=[[line], [{**line, "value": "SE"}]]).slot,
        FormSubmitted(form="contact-me", conditions=[line, {**line, "value": "SE"}]).slot,
    ]
    assert len(set(slots)) == len(slots)
    assert FormSubmitted(form="contact-me", conditions=[line]).slot == slots[2]
    assert not any("." in slot for slot in slots)
