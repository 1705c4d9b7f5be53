from typing import Any

import pytest
from pydantic import ValidationError

from common.domain.complaints import complaints
from common.domain.flow import Flow


def told(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        Flow.model_validate(document)
    return {each.field: each.detail for each in complaints(refused.value.errors(), document)}


def test_the_place_is_the_author_s_and_not_the_parser_s() -> None:
    inner = {"kind": "wait_time", "id": "w", "days": "many"}
    split = {"kind": "split", "id": "s", "branches": [{"name": "a", "when": [], "steps": [inner]}]}
    assert list(told({"name": "x", "steps": [split]})) == ["steps[0].branches[0].steps[0].days"]


def test_a_missing_field_is_named_where_it_should_be() -> None:
    assert told({"steps": [{"kind": "wait_time", "days": 1}]}) == {"steps[0].id": "is required"}


def test_an_unknown_kind_is_answered_by_the_nearest_one() -> None:
    found = told({"name": "x", "steps": [{"kind": "wait_tme", "id": "w"}, {"id": "y"}]})
    assert "did you mean wait_time?" in found["steps[0]"]
    assert "kind" in found["steps[1]"]


def test_a_document_that_is_none_is_told_as_a_whole() -> None:
    with pytest.raises(ValidationError) as refused:
        Flow.model_validate([])
    (complaint,) = complaints(refused.value.errors(), [])
    assert complaint.pointer == "#"


def test_a_pointer_escapes_what_has_a_meaning_in_it() -> None:
    document = {"name": "x", "a/b~c": 1}
    with pytest.raises(ValidationError) as refused:
        Flow.model_validate(document)
    (complaint,) = complaints(refused.value.errors(), document)
    assert complaint.pointer == "#/a~1b~0c"
