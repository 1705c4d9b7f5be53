from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def joining(project="fair"):
    return a_flow().step("add_to_project", "join", project=project)


def test_the_contact_becomes_a_member_and_an_event_tells():
    passage = Passage(joining().open(), a_contact(projects=["old"], selections=["vip"])).begin()

    assert (passage.contact.projects, passage.contact.selections) == (["old", "fair"], ["vip"])
    (raised,) = passage.raised
    assert (raised.type, raised.data) == ("project.added", {"project": "fair"})
    assert raised.before == {"projects": ["old"]}


def test_nothing_is_raised_for_a_member():
    passage = Passage(joining().open(), a_contact(projects=["fair"])).begin()

    assert not passage.raised
    assert passage.contact.projects == ["fair"]


def test_a_selection_of_the_same_name_is_another_thing():
    passage = Passage(joining().open(), a_contact(selections=["fair"])).begin()

    assert passage.contact.projects == ["fair"]


def test_the_next_step_sees_the_membership():
    flow = joining().split_by("split_by_project", {"name": "guests", "project": "fair"}).open()

    (mail,) = Passage(flow).begin().effects
    assert mail.content == "guests"


def test_a_step_without_project_is_incomplete():
    (step,) = joining("").build().steps

    assert [field for field, _ in step.problems()] == ["project"]
