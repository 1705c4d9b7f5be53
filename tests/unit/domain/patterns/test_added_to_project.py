import pytest
from pydantic import ValidationError

from common.domain.patterns.added_to_project import AddedToProject
from tests.support.flows import START


def test_only_its_project_matches() -> None:
    pattern = AddedToProject(project="spring")
    assert pattern.event_type == "project.added"
    assert pattern.match({"event.project": "spring"}, START).holds
    for other in ("autumn", "Spring", None):
        assert not pattern.match({"event.project": other}, START).holds


def test_the_project_must_be_named() -> None:
    with pytest.raises(ValidationError):
        AddedToProject.model_validate({})
