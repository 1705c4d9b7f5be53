"""Random flows: steps of every kind that waits, parts, leaves or writes, one behind and inside the other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.support.flows import CLICK, FORM, IS_CUSTOMER, START, FlowBuilder, Path, a_flow, a_path, country_is

ORDER = {"kind": "order_placed"}
LEAVING = {"add_to_selection": "quiet", "suggest_for": "other"}
WINDOW = {"weekdays": ["monday", "friday"], "opens": "22:00", "closes": "04:00"}
OVERS = [
    {"days": 3},
    {"hours": 5},
    {"working_days": 2},
    {"until": START + timedelta(days=10)},
    {"until_time": "03:30"},
    {"until_weekday": {"day": "saturday", "time": "00:00"}},
    {"until_date": {"field": "contact.custom.ends", "days": -1}},
]
"""Waits of all kinds."""


def simple_steps(path: Path) -> st.SearchStrategy[Callable[[], object]]:
    """Ways to add one step to a path."""

    def mail() -> object:
        return path.mail("hello", step_id=f"{path.prefix}mail-{len(path.steps)}")

    ways: list[Callable[[], object]] = [
        mail,
        mail,
        mail,
        lambda: path.step("send_sms", text="Hi"),
        lambda: path.step("send_sms", text="Hi", exit_without_mobile=True, exit=LEAVING),
        lambda: path.step("call_webhook", url="https://crm.example.org/hook"),
        lambda: path.wait_for(CLICK, FORM, on_timeout="exit", exit=LEAVING),
        lambda: path.wait_for(CLICK, max_wait=None),
        lambda: path.update(category="Customer"),
        lambda: path.update(country="SE"),
        lambda: path.add_to("lapsed"),
        lambda: path.remove_from("lapsed"),
        lambda: path.step("go_to_flow", flow="other"),
        lambda: path.exit(suggest_for="other"),
    ]
    return st.sampled_from(ways) | st.sampled_from(OVERS).map(lambda over: lambda: path.wait(**over))


def splits(path: Path, number: int, inside: Path, otherwise: Path) -> st.SearchStrategy[Callable[[], object]]:
    """Ways to part people into two paths."""
    name = f"{path.prefix}split-{number}"
    rest = {"steps": otherwise.steps}

    def by(kind: str, **fields: Any) -> Callable[[], object]:
        return lambda: path.step(kind, name, otherwise=rest, **fields)

    one = {"name": "One", "steps": inside.steps}
    return st.sampled_from(
        [
            lambda: path.split({"German": (country_is("DE"), inside)}, otherwise, step_id=name),
            by("split_by_link", branches=[one | {"link": "offer"}]),
            by("split_by_selection", branches=[one | {"selection": "lapsed"}]),
            by("split_at_random", branches=[one | {"percent": 40}]),
        ]
    )


@st.composite
def paths(draw: st.DrawFn, prefix: str, depth: int = 0) -> Path:
    path = a_path(prefix)
    for number in range(draw(st.integers(0, 4))):
        if depth < 2 and draw(st.booleans()):
            inside = draw(paths(f"{prefix}a{number}-", depth + 1))
            otherwise = draw(paths(f"{prefix}b{number}-", depth + 1))
            draw(splits(path, number, inside, otherwise))()
        else:
            draw(simple_steps(path))()
    return path


@st.composite
def flows(draw: st.DrawFn) -> FlowBuilder:
    flow = a_flow().excluding("staff").going_on_to(on_success="happy", otherwise="rest")
    draw(st.sampled_from([lambda: flow.wait(days=3), lambda: flow.wait_for(CLICK), lambda: None]))()
    flow.steps += draw(paths("s")).steps
    criteria = draw(st.lists(st.sampled_from([ORDER, IS_CUSTOMER]), max_size=2, unique_by=str))
    flow.having(
        starts_at=draw(st.none() | st.just(START + timedelta(days=2))),
        timezone=draw(st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe"])),
    )
    flow.mailing(window=draw(st.none() | st.just(WINDOW)))
    return flow.succeeding_by(*criteria, move_to_finish=draw(st.booleans()))
