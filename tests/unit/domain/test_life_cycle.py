from datetime import timedelta

import pytest

from common.domain import life_cycle
from common.domain.life_cycle import Act, ActRefused
from common.domain.reasons import FlowState
from tests.support.flows import CLICK, START, a_flow

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


def test_a_draft_is_saved_while_not_running_and_while_paused():
    for state in (FlowState.NOT_RUNNING, FlowState.PAUSED):
        after = life_cycle.edit(a_flow().stored(state), a_flow().mail("new").build(), at=LATER, by="editor")

        assert [step.id for step in after.draft.steps] == ["new"]
        assert (after.revision, after.state, after.version) == (2, state, 0)


def test_a_running_flow_is_not_edited():
    with pytest.raises(ActRefused):
        life_cycle.edit(a_flow().stored(FlowState.RUNNING), a_flow().build(), at=LATER)


def versions(*flows):
    """These drafts, each frozen at a resume after the one before."""
    before = None
    for number, flow in enumerate(flows, start=1):
        after = flow.stored(FlowState.RUNNING).but(version=number)
        before = life_cycle.freeze(after, {"hello": 3}, LATER, before)
        yield before


def test_a_version_knows_which_waits_it_changed_and_keeps_that_for_the_next():
    first = a_flow().wait("w", days=1).wait("v", days=1).mail("hello")
    second = a_flow().wait("new", days=1).wait("w", days=2).wait("v", days=1).mail("hello", subject="Hi")
    third = a_flow().wait("new", days=1).wait("w", days=2).wait("v", days=3).mail("hello")

    frozen = list(versions(first, second, third))

    assert [version.changed_waits for version in frozen] == [{}, {"w": 2}, {"w": 2, "v": 3}]
    assert frozen[2].contents == {"hello": 3}


def test_another_timezone_changes_every_wait():
    flow = a_flow().wait("w", days=1).wait_for(CLICK, step_id="a")
    elsewhere = a_flow().wait("w", days=1).wait_for(CLICK, step_id="a").having(timezone="Asia/Tokyo")

    assert list(versions(flow, elsewhere))[1].changed_waits == {"w": 2, "a": 2}
