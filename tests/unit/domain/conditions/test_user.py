from typing import Any

import pytest
from pydantic import ValidationError

from common.domain.conditions import Asker
from common.domain.conditions.user import UserLine
from tests.support.flows import START


def ask(op: str, value: Any, known: Any, owner: str = "") -> bool:
    line = UserLine(field="contact.custom.our_contact", op=op, value=value)
    return line.holds(known, START, Asker(owner=owner))


def test_the_current_user_is_the_flow_s_owner() -> None:
    assert ask("current_user", None, "Ada", owner="ada")
    assert not ask("current_user", None, "Bob", owner="ada")
    assert ask("not_current_user", None, "Bob", owner="ada")
    assert ask("not_current_user", None, None, owner="ada")


def test_a_flow_without_an_owner_has_no_current_user() -> None:
    assert not ask("current_user", None, "Ada")
    assert ask("not_current_user", None, "Ada")


def test_users_are_chosen_from_like_any_list() -> None:
    assert ask("one_of", ["Ada", "Bob"], "bob")
    assert ask("none_of", ["Ada"], "bob")


def test_the_current_user_takes_no_value() -> None:
    with pytest.raises(ValidationError, match="takes no value"):
        UserLine(field="contact.custom.our_contact", op="current_user", value=["Ada"])
