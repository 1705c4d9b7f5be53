"""A type of mail that somebody wants to get."""

from common.domain.forms.answers import NOTHING
from common.domain.forms.element import Taken
from common.domain.forms.elements.subscription import SubscriptionBox
from tests.unit.domain.forms.elements.conftest import given


def test_a_ticked_box_adds_and_an_empty_one_takes_nothing_away(taken: Taken):
    box = SubscriptionBox(id="a", type="news", label="News")
    assert box.means(box.read(given("on")), taken) == {"add": {"subscriptions": ["news"]}}
    assert box.means(box.read(NOTHING), taken) == {}
