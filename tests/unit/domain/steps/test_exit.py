from common.domain.reasons import DropOut, Status
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def test_whoever_comes_here_leaves():
    passage = Passage(a_flow().exit("out", text="enough").mail("never").open()).begin()

    participant = passage.participant
    assert (participant.status, participant.reason) == (Status.DROPPED_OUT, DropOut.REMOVED_BY_FLOW)
    assert (participant.step, participant.reason_text) == ("out", "enough")
    assert not passage.effects


def test_leaving_may_add_to_a_selection_and_suggest_another_flow():
    passage = Passage(a_flow().exit(suggest_for="other", add_to_selection="left").open()).begin()

    assert passage.contact.selections == ["left"]
    assert [raised.type for raised in passage.raised] == ["selection.added"]
    assert [suggested.flow for suggested in passage.suggested] == ["other"]
    assert passage.raised[0].key != passage.suggested[0].key


def test_a_member_is_not_added_again():
    passage = Passage(a_flow().exit(add_to_selection="left").open(), a_contact(selections=["left"])).begin()

    assert not passage.raised
    assert passage.participant.status is Status.DROPPED_OUT
