"""Raise an event of one's own."""

import pytest

from common.domain.content_action import Raise
from common.domain.content_actions.raise_event import RaiseEvent


def test_it_raises_its_event():
    action = RaiseEvent(type="request.wanted", data={"title": "Call"})
    assert action.does() == (Raise("request.wanted", {"title": "Call"}),)
    assert list(action.problems()) == []


@pytest.mark.parametrize("kind", ["contact.updated", "headrace.flow.ended"])
def test_the_engines_own_events_are_not_to_be_had(kind: str):
    assert [field for field, _ in RaiseEvent(type=kind).problems()] == ["type"]


@pytest.mark.parametrize("name", ["", "$set", "a.b"])
def test_names_that_no_store_takes_are_told(name: str):
    assert [field for field, _ in RaiseEvent(type="a", data={name: "x"}).problems()] == ["data"]
