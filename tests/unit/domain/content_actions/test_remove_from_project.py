"""End the contact's membership in a project."""

from common.domain.content_action import Raise
from common.domain.content_actions.remove_from_project import TakeOffProject
from common.domain.event import PROJECT_REMOVED


def test_it_raises_what_anybody_raises_who_does_so():
    assert TakeOffProject(project="fair").does() == (Raise(PROJECT_REMOVED, {"project": "fair"}),)
