from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def leaving(project="fair"):
    return a_flow().step("remove_from_project", "leave", project=project)


def test_the_membership_ends_and_an_event_tells():
    passage = Passage(leaving().open(), a_contact(projects=["old", "fair"])).begin()

    assert passage.contact.projects == ["old"]
    (raised,) = passage.raised
    assert (raised.type, raised.data) == ("project.removed", {"project": "fair"})
    assert raised.before == {"projects": ["old", "fair"]}


def test_nothing_is_raised_for_one_who_is_no_member():
    passage = Passage(leaving().open(), a_contact(projects=["old"])).begin()

    assert not passage.raised
    assert passage.contact.projects == ["old"]


def test_a_step_without_project_is_incomplete():
    (step,) = leaving("").build().steps

    assert [field for field, _ in step.problems()] == ["project"]
