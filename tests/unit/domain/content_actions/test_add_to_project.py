"""Make the contact a member of a project."""

from common.domain.content_action import Raise
from common.domain.content_actions.add_to_project import PutOnProject


def test_it_raises_the_event_by_which_projects_get_members():
    assert PutOnProject(project="fair").does() == (Raise("project.added", {"project": "fair"}),)
