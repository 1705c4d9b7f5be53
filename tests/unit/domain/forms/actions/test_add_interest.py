"""Note an interest of the contact."""

from common.domain.forms.action import Change
from common.domain.forms.actions.add_interest import AddInterest


def test_it_adds_to_the_interests_that_there_are():
    assert AddInterest(interest="Mills").does() == (Change({"add": {"interests": ["Mills"]}}),)
