"""A draft may be saved incomplete everywhere; what it lacks is told, with step and field (domain.md §2)."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from common.domain.conditions import Criteria
from common.domain.conditions.line import lines
from common.domain.flow import Flow
from common.domain.flow_problems import Known, problems
from common.domain.patterns import patterns
from common.domain.patterns.pattern import Role
from common.domain.steps import steps

COMPLETE_AS_THEY_ARE = {"exit"}
"""Kinds of steps of which nothing has to be chosen."""

NOTHING_TO_CHOOSE = set(patterns.members) - {
    "added_to_project",
    "added_to_selection",
    "custom_event",
    "form_submitted",
    "link_clicked",
    "scheduled",
}

CHOSEN: dict[str, Any] = {
    "type": "text",
    "field": "contact.country",
    "op": "is",
    "by": "number",
    "value": "DE",
}


def a_draft(**fields: Any) -> Flow:
    """As it is saved and read again."""
    saved = Flow.model_validate(fields)
    again = Flow.model_validate_json(saved.model_dump_json())
    assert again == saved == Flow.model_validate(saved.model_dump())
    return again


def lacks(**fields: Any) -> list[tuple[str | None, str]]:
    usual = {
        "name": "Test",
        "triggers": [{"kind": "manual"}],
        "steps": [{"kind": "wait_time", "id": "w", "days": 1}],
    }
    return [(each.step, each.field) for each in problems(a_draft(**usual | fields), Known())]


def test_nothing_at_all_is_a_draft() -> None:
    assert [each.field for each in problems(a_draft(), Known())] == ["name", "triggers", "steps"]


@pytest.mark.parametrize("kind", sorted(steps.members))
def test_a_step_is_saved_as_soon_as_it_is_dragged_in_and_tells_what_it_lacks(kind: str) -> None:
    told = lacks(steps=[{"kind": kind, "id": "new"}])
    assert bool(told) is (kind not in COMPLETE_AS_THEY_ARE), told
    assert {step for step, _ in told} <= {"new"}
    assert all(field for _, field in told)


@pytest.mark.parametrize("kind", sorted(patterns.members))
def test_what_a_flow_listens_for_is_saved_by_its_kind_alone(kind: str) -> None:
    roles = patterns.members[kind].roles
    places: dict[Role, tuple[dict[str, Any], str | None, str]] = {
        Role.TRIGGER: ({"triggers": [{"kind": kind}]}, None, "triggers[0]"),
        Role.CRITERION: ({"success": {"criteria": [{"kind": kind}]}}, None, "success.criteria[0]"),
        Role.ACTION: (
            {"steps": [{"kind": "wait_for_action", "id": "w", "actions": [{"kind": kind}]}]}, "w", "actions[0]",
        ),
    }  # fmt: skip
    for role in roles:
        fields, step, place = places[role]
        told = lacks(**fields)
        assert bool(told) is (kind not in NOTHING_TO_CHOOSE), (role, told)
        assert all((at, field.startswith(f"{place}.")) == (step, True) for at, field in told), told


LINES = [
    ({"value": None}, "value"),
    ({"value": ""}, "value"),
    ({"field": ""}, "field"),
    ({"op": ""}, "op"),
    ({"op": "", "value": None}, "op"),
]


def without(line: dict[str, Any], **blank: Any) -> dict[str, Any]:
    return {name: value for name, value in (line | blank).items() if value is not None}


@pytest.mark.parametrize(("blank", "lacking"), LINES)
def test_a_line_lacks_a_field_an_operator_or_a_value(blank: dict[str, Any], lacking: str) -> None:
    line = without({name: CHOSEN[name] for name in ("type", "field", "op", "value")}, **blank)
    split = {"kind": "split", "id": "s", "branches": [{"name": "B", "when": [line]}]}
    waits = {
        "kind": "wait_for_action",
        "id": "w",
        "actions": [{"kind": "custom_event", "name": "a.b", "conditions": [line]}],
    }

    assert lacks(filter=[line]) == [(None, f"filter[0][0].{lacking}")]
    assert lacks(triggers=[{"kind": "manual"}, {"kind": "order_placed", "conditions": [line]}]) == [
        (None, f"triggers[1].conditions[0][0].{lacking}")
    ]
    assert lacks(steps=[split]) == [("s", f"branches[0].when[0][0].{lacking}")]
    assert lacks(steps=[waits]) == [("w", f"actions[0].conditions[0][0].{lacking}")]


@pytest.mark.parametrize("kind", sorted(lines.members))
def test_every_type_of_line_may_lack_something(kind: str) -> None:
    field = "contact.engagement.clicked" if kind == "status" else "contact.country"
    assert lacks(filter=[{"type": kind, "field": field}]) in (
        [(None, "filter[0][0].op")],
        [(None, "filter[0][0].value")],
        [],  # whether it has changed asks for no value
    )


@pytest.mark.parametrize(
    "line",
    [
        {"type": "text", "field": "contact.contry", "op": "is"},
        {"type": "text", "field": "contact.country", "op": "resembles"},
        {"type": "txt", "field": "contact.country", "op": "is"},
        {"type": "text", "field": "contact.country", "op": "is", "vlaue": "DE"},
        {"type": "number", "field": "contact.custom.age", "op": "gt", "value": "old"},
    ],
)
def test_what_is_wrong_is_not_taken_for_unfinished(line: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Flow.model_validate({"filter": [line]})


def test_who_asks_at_once_has_to_finish_the_line() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Criteria).validate_python([{"type": "text", "field": "contact.country", "op": "is"}])


def reworking(**action: str) -> dict[str, Any]:
    return {"kind": "update_contact", "actions": [action]}


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"kind": "split_at_random", "branches": [{"name": "A"}]}, "branches[0].percent"),
        ({"kind": "split_at_random", "branches": [{"percent": 50}]}, "branches[0].name"),
        ({"kind": "split_by_link", "branches": [{"name": "A"}]}, "branches[0].link"),
        ({"kind": "split_by_selection", "branches": [{"name": "A"}]}, "branches[0].selection"),
        ({"kind": "split_by_project", "branches": [{"name": "A"}]}, "branches[0].project"),
        ({"kind": "split", "branches": [{"name": "A"}]}, "branches[0].when"),
        ({"kind": "split_by_form", "form": "f", "submitted": {"name": ""}}, "submitted.name"),
        ({"kind": "wait_time", "until_weekday": {}}, "until_weekday.day"),
        ({"kind": "wait_time", "until_date": {}}, "until_date.field"),
        (reworking(action="check"), "actions[0].field"),
        (reworking(action="replace_text", field="category"), "actions[0].find"),
        (reworking(action="replace_pattern", field="category"), "actions[0].pattern"),
        (reworking(action="add", field="interests"), "actions[0].values"),
    ],
)  # fmt: skip
def test_what_a_step_s_parts_lack_is_named(step: dict[str, Any], field: str) -> None:
    assert lacks(steps=[{"id": "s", **step}]) == [("s", field)]


def test_settings_of_the_flow_may_be_begun_too() -> None:
    email = {"from_address": "", "subscription_type": None, "analytics": {}, "window": {"weekdays": []}}
    assert lacks(email=email) == [
        (None, "email.window.weekdays"),
        (None, "email.analytics.source"),
    ]
