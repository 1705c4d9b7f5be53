import pytest

from common.domain.conditions import holds
from common.domain.patterns.added_to_project import AddedToProject
from tests.support.flows import START


def test_only_its_project_matches() -> None:
    pattern = AddedToProject(project="spring")
    assert pattern.event_type == "project.added"
    assert pattern.match({"event.project": "spring"}, START).holds
    for other in ("autumn", "Spring", None):
        assert not pattern.match({"event.project": other}, START).holds


def test_the_project_must_be_named() -> None:
    assert [field for field, _ in AddedToProject().problems()] == ["project"]
    assert not AddedToProject().projects()


SWEDISH = {"field": "contact.country", "type": "text", "op": "is", "value": "SE"}


def test_who_is_on_the_project_already_meets_it_by_that() -> None:
    asked = AddedToProject(project="spring").state
    assert asked is not None
    assert holds(asked, {"contact.projects": ["autumn", "spring"]}, START)
    assert not holds(asked, {"contact.projects": ["autumn"]}, START)
    assert not holds(asked, {}, START)


def test_its_conditions_on_the_contact_are_asked_besides() -> None:
    asked = AddedToProject.model_validate({"project": "spring", "conditions": [SWEDISH]}).state
    assert asked is not None
    assert holds(asked, {"contact.projects": ["spring"], "contact.country": "SE"}, START)
    assert not holds(asked, {"contact.projects": ["spring"], "contact.country": "DE"}, START)


@pytest.mark.parametrize("field", ["event.source", "before.country"])
def test_with_conditions_on_the_event_only_the_event_meets_it(field: str) -> None:
    asked = AddedToProject.model_validate({"project": "spring", "conditions": [SWEDISH | {"field": field}]})
    assert asked.state is None
