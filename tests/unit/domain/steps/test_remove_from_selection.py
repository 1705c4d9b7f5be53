from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def test_the_membership_ends_and_an_event_tells():
    passage = Passage(a_flow().remove_from("old").open(), a_contact(selections=["old", "kept"])).begin()

    assert passage.contact.selections == ["kept"]
    (raised,) = passage.raised
    assert (raised.type, raised.data) == ("selection.removed", {"selection": "old"})


def test_nothing_is_raised_for_who_is_no_member():
    passage = Passage(a_flow().remove_from("old").open(), a_contact(selections=["kept"])).begin()

    assert not passage.raised


def test_a_step_without_selection_is_incomplete():
    (step,) = a_flow().remove_from("").build().steps

    assert [field for field, _ in step.problems()] == ["selection"]
