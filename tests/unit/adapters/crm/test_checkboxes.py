from typing import Any

import pytest

from common.adapters.crm.checkboxes import NONE, Checkboxes
from common.adapters.crm.records import company, person

NAMED = Checkboxes.named(["custom.x_vip", "custom.SuperOffice:3", "company.custom.SuperOffice:1"])


def told(**fields: str) -> dict[str, Any]:
    return NAMED.told("person", person({"PersonId": 9, "CustomFields": fields}).data)["custom"]


@pytest.mark.parametrize(("written", "seen"), [("[I:1]", True), ("[I:0]", False), ("", None)])
def test_a_checkbox_is_yes_or_no(written: str, seen: bool | None) -> None:
    found = told(x_vip=written)
    assert found == {"x_vip": seen}
    assert type(found["x_vip"]) is type(seen)


def test_numbers_stay_numbers() -> None:
    found = told(x_children="[I:1]", x_vip="[I:2]")
    assert found == {"x_children": 1, "x_vip": 2}
    assert type(found["x_children"]) is int


def test_words_of_a_list_are_no_checkbox() -> None:
    fields = {"CustomFields": {"x_vip": "[I:1]", "x_vip:DisplayText": "Gold"}}
    assert NAMED.told("person", person(fields).data)["custom"] == {"x_vip": "Gold"}


def test_fields_of_companies_are_told_from_those_of_contacts() -> None:
    theirs = {"SuperOffice:1": "[I:1]", "SuperOffice:3": "[I:1]"}
    found = NAMED.told("contact", company({"ContactId": 5, "Name": "Mill", "CustomFields": theirs}).data)
    assert (found["custom"]["SuperOffice:1"], type(found["custom"]["SuperOffice:3"])) == (True, int)
    within = NAMED.told(
        "person", {"custom": {"SuperOffice:1": 1}, "company": {"custom": {"SuperOffice:1": 0}}}
    )
    assert type(within["custom"]["SuperOffice:1"]) is int
    assert within["company"]["custom"]["SuperOffice:1"] is False


def test_where_none_is_named_or_told_nothing_changes() -> None:
    data: dict[str, Any] = {"custom": {"x_vip": 1}, "company": None}
    assert type(NONE.told("person", data)["custom"]["x_vip"]) is int
    assert NAMED.told("person", {"first_name": "Bo"}) == {"first_name": "Bo"}
