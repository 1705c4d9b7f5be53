from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def test_the_contact_becomes_a_member_and_an_event_tells():
    passage = Passage(a_flow().add_to("lapsed").open(), a_contact(selections=["old"])).begin()

    assert passage.contact.selections == ["old", "lapsed"]
    (raised,) = passage.raised
    assert (raised.type, raised.data) == ("selection.added", {"selection": "lapsed"})
    assert raised.before == {"selections": ["old"]}


def test_nothing_is_raised_for_a_member():
    passage = Passage(a_flow().add_to("lapsed").open(), a_contact(selections=["lapsed"])).begin()

    assert not passage.raised
    assert passage.contact.selections == ["lapsed"]


def test_the_next_step_sees_the_membership():
    flow = a_flow().add_to("stop").mail("never").excluding("stop").open()

    assert not Passage(flow).begin().effects


def test_a_step_without_selection_is_incomplete():
    (step,) = a_flow().add_to("").build().steps

    assert [field for field, _ in step.problems()] == ["selection"]
