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

EXAMPLES: dict[str, dict[str, Any]] = {
    "contact_created": {},
    "contact_updated": {"changed": ["category"]},
    "form_submitted": {"form": "contact-me"},
    "link_clicked": {"link": "offer", "content": "thanks"},
    "order_placed": {"conditions": [{"field": "event.amount", "type": "number", "op": "ge", "value": 20}]},
    "custom_event": {"name": "trial.started"},
    "manual": {},
}


def test_every_kind_has_an_example() -> None:
    assert EXAMPLES.keys() == patterns.members.keys()


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


def test_what_is_asked_for_by_roles() -> None:
    by_role = {
        role: {kind for kind, member in patterns.members.items() if role in member.roles} for role in Role
    }
    assert by_role[Role.TRIGGER] == set(EXAMPLES)
    assert by_role[Role.CRITERION] == {
        "contact_updated", "form_submitted", "link_clicked", "order_placed", "custom_event",
    }  # fmt: skip
    assert by_role[Role.ACTION] == {"form_submitted", "link_clicked", "custom_event"}


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
