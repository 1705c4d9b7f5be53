"""Take the contact off a selection."""

from common.domain.content_action import Raise
from common.domain.content_actions.remove_from_selection import TakeOffSelection
from common.domain.event import SELECTION_REMOVED


def test_it_raises_what_anybody_raises_who_does_so():
    action = TakeOffSelection(selection="leads")

    assert action.does() == (Raise(SELECTION_REMOVED, {"selection": "leads"}),)
    assert action.selections() == ("leads",)
