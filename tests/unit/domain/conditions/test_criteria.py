from itertools import product

import pytest
from hypothesis import given, settings
from pydantic import TypeAdapter, ValidationError

from common.domain.conditions import Asker, Criteria, Seen, compile_criteria, fields, holds, judge
from common.domain.conditions.criteria import MAX_GROUPS, MAX_LINES
from common.domain.facts import Facts
from tests.support import strategies
from tests.support.flows import START as NOW

ADAPTER: TypeAdapter[Criteria] = TypeAdapter(Criteria)


def line(field: str, value: str) -> dict[str, object]:
    return {"field": field, "type": "text", "op": "is", "value": value}


def read(given: object) -> Criteria:
    return ADAPTER.validate_python(given)


GERMAN = line("contact.country", "DE")
GOLD = line("contact.custom.tier", "gold")
SWEDISH = line("contact.country", "SE")


@settings(max_examples=500)
@given(strategies.criteria, strategies.facts, strategies.askers)
def test_closures_and_explanations_agree_with_the_meaning(
    criteria: Criteria, facts: Facts, asker: Asker
) -> None:
    meaning = holds(criteria, facts, NOW, asker)
    assert compile_criteria(criteria, asker)(facts, NOW) is meaning
    assert judge(criteria, facts, NOW, asker).holds is meaning


@given(strategies.criteria)
def test_conditions_survive_json(criteria: Criteria) -> None:
    active = tuple(group for group in criteria if group)
    assert ADAPTER.validate_json(ADAPTER.dump_json(active)) == active


@given(strategies.criteria, strategies.facts, strategies.askers)
def test_what_was_seen_survives_json_and_tells_the_verdict(
    criteria: Criteria, facts: Facts, asker: Asker
) -> None:
    verdict = judge(criteria, facts, NOW, asker)
    for seen in verdict.seen:
        assert Seen.model_validate_json(seen.model_dump_json()) == seen
        assert seen.holds is verdict.holds


@given(strategies.criteria, strategies.facts, strategies.askers)
def test_facts_that_no_line_names_make_no_difference(criteria: Criteria, facts: Facts, asker: Asker) -> None:
    named = {field: value for field, value in facts.items() if field in fields(criteria)}
    assert holds(criteria, named, NOW, asker) is holds(criteria, facts, NOW, asker)


def test_lines_are_joined_by_and_and_groups_by_or() -> None:
    criteria = read([[GERMAN, GOLD], [SWEDISH]])
    for country, tier in product(("DE", "SE", "US", None), ("gold", "none", None)):
        expected = (country == "DE" and tier == "gold") or country == "SE"
        assert holds(criteria, {"contact.country": country, "contact.custom.tier": tier}, NOW) is expected


@pytest.mark.parametrize("nothing", [None, [], [[]], [{}], [[{}], []], [{"field": "", "type": "text"}]])
def test_conditions_without_a_line_hold_for_everyone(nothing: object) -> None:
    assert read(nothing) == ()
    assert holds(read(nothing), {}, NOW)


def test_blank_lines_and_groups_take_no_part() -> None:
    assert read([[GERMAN, {"field": "", "type": "number", "op": "eq", "value": None}], [{}]]) == read(
        [GERMAN]
    )


def test_a_line_whose_field_was_forgotten_is_not_taken_for_blank() -> None:
    with pytest.raises(ValidationError):
        read([{"type": "text", "op": "is", "value": "DE"}])
    with pytest.raises(ValidationError):
        read([{"feild": "contact.country"}])


def test_a_flat_list_of_lines_is_one_group() -> None:
    assert read([GERMAN, GOLD]) == read([[GERMAN, GOLD]])


def test_lines_beside_groups_are_refused() -> None:
    with pytest.raises(ValidationError, match="one list of lines, or a list of groups"):
        read([GERMAN, [GOLD]])


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ([GERMAN, {**GOLD, "op": "equals"}], (1, "text", "op")),
        ([{}, GERMAN, {**GOLD, "op": "equals"}], (2, "text", "op")),
        ([[{}], [GERMAN, {}, {**GOLD, "value": 7}]], (1, 2, "text", "value")),
        ([[], [{**GERMAN, "type": "txt"}]], (1, 0)),
        ([[], [GERMAN] * (MAX_LINES + 1)], (1,)),
        ([GERMAN] * (MAX_LINES + 1), ()),
        ([[{**GERMAN, "op": "empty"}]], (0, 0, "text")),
        ([["country"]], (0, 0)),
        (["country"], ()),
        ("country", ()),
    ],
)
def test_what_is_wrong_is_told_by_the_place_where_it_was_written(given: object, place: tuple[object]) -> None:
    with pytest.raises(ValidationError) as caught:
        read(given)
    (told,) = caught.value.errors()
    assert told["loc"] == place


def test_the_schema_knows_both_ways_to_write_them() -> None:
    either = ADAPTER.json_schema()["anyOf"]
    assert [way["type"] for way in either] == ["array", "array", "null"]
    assert ADAPTER.json_schema(mode="serialization")["type"] == "array"


def test_sizes_are_limited() -> None:
    assert len(read([[GERMAN] * MAX_LINES] * MAX_GROUPS)) == MAX_GROUPS
    with pytest.raises(ValidationError):
        read([[GERMAN] * (MAX_LINES + 1)])
    with pytest.raises(ValidationError):
        read([[GERMAN]] * (MAX_GROUPS + 1))


def test_an_unknown_type_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match="'change', 'counter', 'date', 'interests', 'list'"):
        read([{**GERMAN, "type": "txt"}])


def test_the_explanation_of_a_yes_is_the_whole_first_group_that_holds() -> None:
    verdict = judge(
        read([[SWEDISH], [GERMAN, GOLD]]), {"contact.country": "de", "contact.custom.tier": "Gold"}, NOW
    )
    assert verdict.seen == (
        Seen(field="contact.country", op="is", expected="DE", value="de", holds=True),
        Seen(field="contact.custom.tier", op="is", expected="gold", value="Gold", holds=True),
    )


def test_the_explanation_of_a_no_is_the_first_failing_line_of_each_group() -> None:
    verdict = judge(read([[GERMAN, GOLD], [SWEDISH, GOLD]]), {"contact.country": "DE"}, NOW)
    assert verdict.seen == (
        Seen(field="contact.custom.tier", op="is", expected="gold", value=None, holds=False),
        Seen(field="contact.country", op="is", expected="SE", value="DE", holds=False),
    )


def test_days_are_those_of_the_zone_given() -> None:
    criteria = read([{"field": "event.at", "type": "date", "op": "on", "value": "2024-07-01"}])
    berlin = Asker.of("Europe/Berlin")
    late_in_june = {"event.at": "2024-06-30T22:30:00Z"}
    assert not holds(criteria, late_in_june, NOW)
    assert holds(criteria, late_in_june, NOW, berlin)
    assert compile_criteria(criteria, berlin)(late_in_june, NOW)
    assert judge(criteria, late_in_june, NOW, berlin).holds
