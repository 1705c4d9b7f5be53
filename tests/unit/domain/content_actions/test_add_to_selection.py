"""Put the contact on a selection."""

from common.domain.content_action import Raise
from common.domain.content_actions.add_to_selection import PutOnSelection


def test_it_raises_the_event_by_which_selections_change():
    action = PutOnSelection(selection="fair")
    assert action.does() == (Raise("selection.added", {"selection": "fair"}),)
    assert action.selections() == ("fair",)
