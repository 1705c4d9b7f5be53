import pytest

from common.domain.flow_problems import Known, problems
from common.domain.reasons import DropOut, Status
from tests.support.flows import a_flow
from tests.support.passages import Passage


def test_the_contact_is_suggested_and_goes_on():
    passage = Passage(a_flow().step("go_to_flow", flow="vip").wait("rest", days=1).open()).begin()

    assert [(s.flow, s.depth) for s in passage.suggested] == [("vip", 1)]
    assert passage.participant.step == "rest"


def test_or_leaves():
    flow = a_flow().step("go_to_flow", "over", flow="vip", leave=True, text="now a VIP").wait(days=1).open()
    passage = Passage(flow).begin()

    participant = passage.participant
    assert (participant.status, participant.reason) == (Status.DROPPED_OUT, DropOut.REMOVED_BY_FLOW)
    assert (participant.step, participant.reason_text) == ("over", "now a VIP")
    assert [suggested.flow for suggested in passage.suggested] == ["vip"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "choose the flow"),
        ({"flow": "nowhere"}, "there is no flow 'nowhere'"),
        ({"flow": "own"}, "is inside it already"),
        ({"flow": "own", "leave": True}, "needs a wait"),
    ],
)
def test_what_stands_against_it_is_told(fields, words):
    flow = a_flow().step("go_to_flow", "over", **fields).build()
    (problem,) = problems(flow, Known(own="own", flows=frozenset({"vip"})))

    assert (problem.step, problem.field) == ("over", "flow")
    assert words in problem.message


def test_a_flow_may_begin_again_behind_a_wait():
    flow = a_flow().wait(days=1).step("go_to_flow", flow="own", leave=True).build()

    assert problems(flow, Known(own="own")) == []
