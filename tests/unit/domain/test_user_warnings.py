import pytest

from common.domain.user_warnings import named_users, user_warnings
from tests.support.flows import CLICK, a_flow, a_path, country_is, line


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


def test_those_with_whom_conditions_compare_are_told_wherever_conditions_are():
    mine = line("contact.owner", "one_of", ["5", "9"], "user")
    current = line("contact.owner", "current_user", None, "user")
    flow = (
        a_flow()
        .triggered_by({"kind": "order_placed", "conditions": [mine]})
        .filtered(current, mine)
        .succeeding_by({"kind": "order_placed", "conditions": [mine]})
        .wait_for(CLICK | {"conditions": [mine]}, step_id="w")
        .split({"Ours": ((mine,), a_path())}, step_id="s")
    ).build()

    told = user_warnings(flow, {"5"})

    assert [(each.step, each.field) for each in told] == [
        (None, "triggers[0].conditions[0][0].value[1]"),
        (None, "success.criteria[0].conditions[0][0].value[1]"),
        ("w", "actions[0].conditions[0][0].value[1]"),
        (None, "filter[0][1].value[1]"),
        ("s", "branches[0].when[0][0].value[1]"),
    ]
    assert named_users(flow) == {"5", "9"}
