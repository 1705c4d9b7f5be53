import pytest

from common.domain.flow_warnings import warnings
from tests.support.flows import CLICK, FORM, a_flow, a_path, country_is, line

ORDER = {"kind": "order_placed"}
BIG_ORDER = ORDER | {"conditions": [line("event.amount", "gt", 100, "number")]}
CLICK_IN = CLICK | {"content": "hello"}
MANUAL = {"kind": "manual"}


def found(flow):
    return [(each.step, each.field) for each in warnings(flow.build())]


@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        ([ORDER, BIG_ORDER], [(None, "triggers[1]")]),
        ([BIG_ORDER, ORDER], [(None, "triggers[0]")]),
        ([BIG_ORDER, BIG_ORDER], [(None, "triggers[1]")]),
        ([CLICK, CLICK_IN], [(None, "triggers[1]")]),
        ([MANUAL, MANUAL], [(None, "triggers[1]")]),
        ([ORDER, CLICK, FORM, MANUAL], []),
        ([CLICK, CLICK | {"link": "other"}], []),
    ],
)
def test_a_trigger_that_adds_nothing_is_told(triggers, expected):
    assert found(a_flow().triggered_by(*triggers)) == expected


def test_what_nothing_here_sends_is_told_at_each_step_that_plans_it():
    way = a_path("de-").step("send_sms", "inner", text="Hi")
    flow = a_flow().step("send_sms", "outer", text="Hi").split({"Germany": (country_is("DE"), way)})

    told = warnings(flow.build(), {"sms": "A_SETTING"})

    assert [(each.step, each.field) for each in told] == [("outer", "kind"), ("inner", "kind")]
    assert "A_SETTING" in told[0].message
    assert found(flow) == []


def test_so_are_criteria_and_the_actions_of_a_wait():
    flow = a_flow().triggered_by(MANUAL).succeeding_by(ORDER, ORDER).wait_for(FORM, FORM, step_id="w")

    assert found(flow) == [(None, "success.criteria[1]"), ("w", "actions[1]")]
