from datetime import timedelta

import pytest

from common.domain import life_cycle
from common.domain.life_cycle import Act, ActRefused, StructureLocked
from common.domain.reasons import FlowState
from tests.support.flows import CLICK, START, a_flow, a_path, country_is

LATER = START + timedelta(hours=1)
ACTS = {
    Act.RUN: life_cycle.run,
    Act.PAUSE: life_cycle.pause,
    Act.RESUME: life_cycle.resume,
    Act.END: life_cycle.end,
}
LEGAL = {
    (FlowState.NOT_RUNNING, Act.RUN): FlowState.RUNNING,
    (FlowState.RUNNING, Act.PAUSE): FlowState.PAUSED,
    (FlowState.RUNNING, Act.END): FlowState.NOT_RUNNING,
    (FlowState.PAUSED, Act.RESUME): FlowState.RUNNING,
    (FlowState.PAUSED, Act.END): FlowState.NOT_RUNNING,
}


@pytest.mark.parametrize("state", FlowState)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_leads_where_it_should_or_is_refused(state, act):
    stored = a_flow().wait(days=1).stored(state)
    if (state, act) not in LEGAL:
        with pytest.raises(ActRefused) as refused:
            ACTS[act](stored, epoch=5, at=LATER)
        assert (refused.value.act, refused.value.state) == (act, state)
        assert act not in refused.value.allowed
        return
    after = ACTS[act](stored, epoch=5, at=LATER, by="editor")
    assert (after.state, after.epoch) == (LEGAL[state, act], 5)
    assert (after.revision, after.updated_at, after.updated_by) == (2, LATER, "editor")


def test_run_and_resume_freeze_versions_and_only_run_counts_runs():
    flow = a_flow().wait(days=1).stored()
    numbers = []
    for epoch, act in enumerate([Act.RUN, Act.PAUSE, Act.RESUME, Act.END, Act.RUN]):
        flow = ACTS[act](flow, epoch=epoch, at=LATER)
        numbers.append((flow.version, flow.run))

    assert numbers == [(1, 1), (1, 1), (2, 1), (2, 1), (3, 2)]


def test_only_a_flow_that_is_not_running_can_be_deleted():
    deletable = {state: life_cycle.deletable(a_flow().stored(state)) for state in FlowState}

    assert deletable == {FlowState.NOT_RUNNING: True, FlowState.RUNNING: False, FlowState.PAUSED: False}


def big(**changes):
    """A flow with one of everything; changes replace parts of it."""
    parts = {
        "wait": {"days": 1},
        "subject": None,
        "branch": "German",
        "country": "DE",
        "inside": a_path("in-").mail("inside"),
        "max_wait": {"days": 7},
    } | changes
    return (
        a_flow()
        .wait("w", **parts["wait"])
        .mail("thanks", subject=parts["subject"])
        .split({parts["branch"]: (country_is(parts["country"]), parts["inside"])}, step_id="s")
        .wait_for(CLICK, step_id="a", max_wait=parts["max_wait"])
    )


def edited(draft, state=FlowState.PAUSED, active=True):
    return life_cycle.edit(big().stored(state), draft.build(), active=active, at=LATER, by="editor")


def test_a_running_flow_is_not_edited():
    with pytest.raises(ActRefused):
        edited(big(), FlowState.RUNNING, active=False)


@pytest.mark.parametrize(("state", "active"), [(FlowState.NOT_RUNNING, False), (FlowState.PAUSED, False)])
def test_with_nobody_inside_anything_can_be_changed(state, active):
    after = edited(a_flow().mail("new"), state, active)

    assert [step.id for step in after.draft.steps] == ["new"]
    assert (after.revision, after.state, after.version) == (2, state, 0)


@pytest.mark.parametrize(
    "draft",
    [
        big(),
        big(subject="Another subject"),
        big(inside=a_path("in-").mail("other", step_id="in-inside")),
        big().once_only().going_on_to(otherwise="other").filtered(*country_is("SE")),
    ],
)
def test_with_people_inside_what_they_do_not_stand_on_can_be_changed(draft):
    assert edited(draft).draft == draft.build()


@pytest.mark.parametrize(
    ("draft", "step", "change"),
    [
        (big(wait={"days": 2}), "w", "settings"),
        (big(max_wait=None), "a", "settings"),
        (big(country="SE"), "s", "settings"),
        (big(branch="French"), "s", "settings"),
        (big(inside=a_path()), "in-inside", "removed"),
        (big().mail("more"), "more", "added"),
        (big(inside=a_path("in-").wait(step_id="in-inside", days=1)), "in-inside", "wait_time"),
        (a_flow().mail("thanks"), "w", "removed"),
    ],
)
def test_with_people_inside_the_structure_is_locked(draft, step, change):
    with pytest.raises(StructureLocked) as locked:
        edited(draft)

    assert locked.value.step == step
    assert change in locked.value.change


def test_with_people_inside_steps_keep_their_order():
    draft = big()
    draft.steps = [draft.steps[1], draft.steps[0], *draft.steps[2:]]

    with pytest.raises(StructureLocked) as locked:
        edited(draft)
    assert locked.value.change == "was moved"


def test_a_draft_that_gives_one_id_twice_is_told_as_an_addition():
    with pytest.raises(StructureLocked) as locked:
        edited(big().mail("thanks"))

    assert (locked.value.step, locked.value.change) == ("thanks", "was added")
