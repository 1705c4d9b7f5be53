"""Strike an interest of the contact."""

from common.domain.content_action import Change
from common.domain.content_actions.remove_interest import RemoveInterest


def test_it_takes_out_of_the_interests_that_there_are():
    assert RemoveInterest(interest="Mills").does() == (Change({"remove": {"interests": ["Mills"]}}),)
