"""Note an interest of the contact."""

from common.domain.content_action import Change
from common.domain.content_actions.add_interest import AddInterest


def test_it_adds_to_the_interests_that_there_are():
    assert AddInterest(interest="Mills").does() == (Change({"add": {"interests": ["Mills"]}}),)
