"""The example flows: whole, valid, and what they are said to be."""

from pathlib import Path

import pytest

from common.adapters.flow_files import load
from common.adapters.mail.linting import lint
from common.domain.flow_warnings import warnings
from common.domain.forms.form_problems import problems as of_form
from services.command_line.demo import FLOW, flow_file, titles
from services.command_line.story_command import faults_of, stories_of

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_an_example_can_be_run_with_nothing_but_itself(path: Path) -> None:
    bundle = load(path)
    assert list(faults_of(bundle)) == []
    assert [problem for content in bundle.contents.values() for problem in lint(content)] == []
    assert [
        wrong for form in bundle.forms.values() for wrong in of_form(form, frozenset(bundle.selections))
    ] == []
    assert [warning for flow in bundle.flows.values() for warning in warnings(flow)] == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_stories_of_an_example_come_true(path: Path) -> None:
    told = list(stories_of(path))
    assert told
    assert [str(mistake) for each in told for mistake, _ in each.mistakes] == []


def test_win_back_is_the_flow_that_the_orders_are_played_through() -> None:
    flow = load(EXAMPLES / "winback.yaml").flows["win-back"]
    (trigger,) = flow.triggers
    assert flow.name == "Win back"
    assert (trigger.kind, trigger.conditions[0][0].model_dump()) == (
        "order_placed",
        {"type": "number", "field": "event.amount", "op": "ge", "value": 20},
    )
    assert not flow.once_only
    assert flow.filter[0][0].value == ["DE", "SE"]
    assert flow.exclusion_lists == ["staff"]
    assert ([each.kind for each in flow.success.criteria], flow.success.move_to_finish) == (
        ["order_placed"],
        True,
    )
    assert [
        (
            step.kind,
            step.settings().get("days") or step.settings().get("content") or step.settings().get("selection"),
        )
        for step in flow.steps
    ] == [
        ("wait_time", 30),
        ("send_email", "thanks"),
        ("wait_time", 60),
        ("send_email", "miss-you"),
        ("add_to_selection", "lapsed"),
        ("wait_time", 30),
    ]


def test_the_demo_shows_every_step_of_its_flow_in_order() -> None:
    flow = load(flow_file()).flows[FLOW]
    shown = titles([step.model_dump(mode="json") for step in flow.steps])
    assert list(shown) == [
        "welcome", "tour", "by-category", "price-list", "first-order", "time-to-order", "welcomed",
    ]  # fmt: skip
