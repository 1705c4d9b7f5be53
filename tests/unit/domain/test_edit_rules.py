import copy
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from common.domain.chart import Chart, layout
from common.domain.edit_rules import locks
from common.domain.flow import Flow, FlowVersion
from common.domain.participant import QUEUE
from tests.support.flows import CLICK, START, a_flow, a_path, country_is
from tests.support.passages import Passage


def flow(*order, **changes):
    """A flow with one of everything, its top steps in this order; changes replace parts of it."""
    parts = {
        "wait": {"days": 1},
        "branch": "German",
        "country": "DE",
        "inside": a_path().wait("inside", days=1),
        "rest": a_path().wait("rest", days=1),
    } | changes
    whole = (
        a_flow()
        .wait("w", **parts["wait"])
        .mail("thanks")
        .split({parts["branch"]: (country_is(parts["country"]), parts["inside"])}, parts["rest"], step_id="s")
        .wait_for(CLICK, step_id="a")
    )
    by_id = {step["id"]: step for step in whole.steps} | {"v": {"kind": "wait_time", "id": "v", "days": 1}}
    whole.steps = [by_id[name] for name in order or ("w", "thanks", "s", "a")]
    return whole.build()


def changes(draft, *standing):
    return [(lock.step, lock.change) for lock in locks(flow(), draft, dict.fromkeys(standing, 1))]


@pytest.mark.parametrize(
    "draft",
    [
        flow(wait={"days": 2}),
        flow(wait={"until": START}),
        flow("w", "a"),
        flow("v", "w", "thanks", "s", "a", "v"),
        flow("s", "w", "a"),
        flow("w", "a", branch="French", country="FR"),
    ],
)
def test_what_nobody_stands_on_may_be_changed_and_a_wait_may_be_set_otherwise(draft):
    assert changes(draft, QUEUE, "w", "a") == []


@pytest.mark.parametrize(
    ("draft", "standing", "expected"),
    [
        (flow("thanks", "s", "a"), ["w"], [("w", "was removed")]),
        (flow("a", "thanks", "s", "w"), ["w", "a"], [("a", "was moved")]),
        (flow("w", "thanks", "a"), ["rest"], [("s", "was removed"), ("rest", "was removed")]),
        (flow(inside=a_path()), ["inside"], [("inside", "was removed")]),
        (flow(inside=a_path().mail("inside")), ["inside"], [("inside", "was made a send_email")]),
        (
            flow(inside=a_path(), rest=a_path().wait("rest", days=1).wait("inside", days=1)),
            ["inside"],
            [("inside", "was moved")],
        ),
        (flow("a", "s"), ["a", "inside"], [("a", "was moved")]),
    ],
)
def test_what_people_stand_on_stays_where_it_is(draft, standing, expected):
    assert changes(draft, *standing) == expected


def test_a_branch_with_people_inside_may_be_called_otherwise_but_not_removed():
    assert changes(flow(branch="Austrian"), "inside") == []
    inside_the_rest = flow(branch="Austrian", inside=a_path(), rest=a_path().wait("inside", days=1))
    assert changes(inside_the_rest, "inside") == [("inside", "lost its branch 'German'")]


def test_two_branches_with_people_inside_do_not_become_one():
    two = a_flow().split(
        {
            "A": (country_is("DE"), a_path().wait("x", days=1)),
            "B": (country_is("SE"), a_path().wait("y", days=1)),
        },
        step_id="s",
    )
    one = a_flow().split({"C": (country_is("DE"), a_path().wait("x", days=1).wait("y", days=1))}, step_id="s")

    found = locks(two.build(), one.build(), {"x": 1, "y": 2})

    assert [(lock.step, lock.change) for lock in found] == [("y", "lost its branch 'B'")]


def test_the_people_of_a_split_are_those_in_its_branches():
    found = locks(flow(), flow("w"), {"inside": 2, "rest": 3})

    assert str(found[0]) == "step 's' was removed, but 5 participants are there"


@st.composite
def steps(draw, prefix="", depth=0):
    """A small tree of steps as their author writes them."""
    path = a_path(prefix)
    for number in range(draw(st.integers(0, 3))):
        name = f"{prefix}{number}"
        kind = draw(st.sampled_from(["wait", "wait_for", "mail", "split"] if depth < 2 else ["wait", "mail"]))
        if kind == "wait":
            path.wait(name, days=draw(st.integers(1, 5)))
        elif kind == "wait_for":
            path.wait_for(CLICK, step_id=name)
        elif kind == "mail":
            path.mail("hello", step_id=name)
        else:
            path.split(
                {"A": (country_is("DE"), draw(steps(f"{name}a", depth + 1)))},
                draw(steps(f"{name}b", depth + 1)),
                step_id=name,
            )
    return path


def lists(tree):
    """Every list of steps in the tree."""
    yield tree
    for step in tree:
        for branch in (*step.get("branches", ()), *([step["otherwise"]] if "otherwise" in step else [])):
            yield from lists(branch["steps"])


@st.composite
def edits(draw, tree):
    """The tree after a few edits as a designer makes them."""
    tree = copy.deepcopy(tree)
    for number in range(draw(st.integers(0, 4))):
        found = list(lists(tree))
        at = draw(st.sampled_from(found))
        act = draw(st.sampled_from(["add", "remove", "move", "set", "rename", "cut"]))
        if act == "add":
            place = draw(st.integers(0, len(at)))
            at.insert(place, {"kind": "wait_time", "id": f"new-{number}", "days": 1})
        elif at:
            step = at[draw(st.integers(0, len(at) - 1))]
            inside = [id(each) for each in lists([step])][1:]
            if act == "remove":
                at.remove(step)
            elif act == "move":
                targets = [each for each in found if id(each) not in inside]
                at.remove(step)
                target = draw(st.sampled_from(targets))
                target.insert(draw(st.integers(0, len(target))), step)
            elif act == "set" and step["kind"] == "wait_time":
                step["days"] = draw(st.integers(1, 9))
            elif act == "rename" and step["kind"] == "split":
                step["branches"] = [each | {"name": f"B{number}"} for each in step["branches"]]
            elif act == "cut" and step["kind"] == "split":
                step["branches"] = []
    return tree


@st.composite
def edited_flows(draw):
    before = draw(steps()).steps
    after = draw(edits(before))
    whole = a_flow().build().model_dump(mode="json")
    return tuple(Flow.model_validate(whole | {"steps": tree}) for tree in (before, after))


@given(flows=edited_flows(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_no_allowed_edit_strands_anyone(flows, data):
    before, after = flows
    waits = [place for place in layout(before.steps) if place.step.waits]
    assume(waits)
    standing = data.draw(
        st.lists(st.sampled_from([place.step.id for place in waits]), min_size=1, unique=True)
    )
    if locks(before, after, dict.fromkeys(standing, 1)):
        return
    chart = Chart(FlowVersion(flow="test", version=2, document=after, frozen_at=START))
    for was in (place for place in waits if place.step.id in standing):
        passage = Passage(a_flow().open())
        passage.flow = Passage(a_flow().open()).reopened(before).flow
        passage.participant = passage.participant.but(
            step=was.step.id, version=passage.flow.version.version, until=START + timedelta(days=3)
        )
        passage.pause().participant = passage.participant.but(due=START + timedelta(days=3))
        passage.reopened(after).after(hours=1).caught_up()
        now = chart.step(was.step.id)
        assert now.kind == was.step.kind
        assert [way.split for way in chart.places[was.step.id].way] == [way.split for way in was.way]
        assert passage.participant.step == was.step.id
        if now.settings() != was.step.settings():
            assert passage.participant.due == START + timedelta(days=now.days)
        passage.at(START + timedelta(days=30)).fire()
        assert passage.participant.step != was.step.id


@given(tree=steps(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_leaves_the_locked_steps_alone_is_allowed(tree, data):
    draft = copy.deepcopy(tree.steps)
    before = Flow.model_validate(a_flow().build().model_dump(mode="json") | {"steps": tree.steps})
    places = list(layout(before.steps))
    assume(places)
    standing = data.draw(st.sets(st.sampled_from([place.step.id for place in places])))
    kept = standing | {way.split for place in places if place.step.id in standing for way in place.way}
    for at in list(lists(draft)):
        free = [step for step in at if step["id"] not in kept]
        for step in free:
            if data.draw(st.booleans()):
                at.remove(step)
        at.insert(data.draw(st.integers(0, len(at))), {"kind": "wait_time", "id": f"n{id(at)}", "days": 1})
    after = before.model_validate(before.model_dump(mode="json") | {"steps": draft})

    assert locks(before, after, dict.fromkeys(standing, 1)) == []
