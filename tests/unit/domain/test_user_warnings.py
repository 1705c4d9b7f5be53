import pytest

from common.domain.user_warnings import named_users, user_warnings
from tests.support.flows import a_flow, a_path, country_is


@pytest.mark.parametrize(
    ("kind", "settings", "fields"),
    [
        ("notify_by_sms", {"to": "users", "users": ["5", "9"]}, ["users[1]"]),
        ("create_request", {"owner": "user", "user": "9"}, ["user"]),
        ("create_sale", {"owner": "user", "user": "9"}, ["user"]),
        ("create_follow_up", {"assign_to": "user", "user": "9"}, ["user"]),
        ("distribute_to_owner", {"users": ["9", "5"], "fall_back": "9"}, ["users[0]", "fall_back"]),
    ],
)
def test_each_step_that_names_somebody_unknown_is_told(kind, settings, fields):
    flow = a_flow().split({"Germany": (country_is("DE"), a_path("de-").step(kind, "inner", **settings))})

    told = user_warnings(flow.build(), {"5"})

    assert [(each.step, each.field) for each in told] == [("inner", field) for field in fields]
    assert all("'9'" in each.message for each in told)
    assert "Germany" in told[0].place


def test_the_owner_is_looked_for_as_well():
    flow = a_flow().having(owner="9").build()

    assert named_users(flow) == {"9"}
    assert [(each.step, each.field) for each in user_warnings(flow, set())] == [(None, "owner")]


def test_nothing_is_said_of_those_who_are_there_or_where_nobody_is_named():
    named = a_flow().having(owner="5").step("create_request", "ask", owner="user", user="5").build()

    assert user_warnings(named, {"5"}) == []
    assert user_warnings(a_flow().step("create_request", "ask").build(), set()) == []
