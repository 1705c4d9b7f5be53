import pytest
from pydantic import ValidationError

from common.domain.event import (
    BUILT_IN,
    CONTACT_CREATED,
    CONTACT_UNSUBSCRIBED,
    CONTACT_UPDATED,
    FORM_SUBMITTED,
    LINK_CLICKED,
    ORDER_PLACED,
    PROJECT_ADDED,
    PROJECT_REMOVED,
    RESERVED_PREFIX,
    SELECTION_ADDED,
)
from common.domain.event_data import DATA


def test_every_type_that_the_engine_knows_has_its_data_checked():
    assert set(DATA) >= BUILT_IN
    assert not any(name.startswith(RESERVED_PREFIX) for name in BUILT_IN)


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        (CONTACT_CREATED, {}),
        (CONTACT_UPDATED, {"email": "a@example.org", "custom": {"tier": "gold"}}),
        (CONTACT_UNSUBSCRIBED, {}),
        (CONTACT_UNSUBSCRIBED, {"subscription_type": "news", "content": "hello"}),
        (FORM_SUBMITTED, {"form": "rsvp", "fields": {"seats": "2"}, "page": "/contact"}),
        (LINK_CLICKED, {"link": "offer", "content": "hello"}),
        (ORDER_PLACED, {}),
        (ORDER_PLACED, {"amount": 12}),
        (ORDER_PLACED, {"amount": 12.5, "items": [1]}),
        (SELECTION_ADDED, {"selection": "staff"}),
        (PROJECT_ADDED, {"project": "178105", "crm": {"key": "9"}}),
        (PROJECT_REMOVED, {"project": "fair"}),
    ],
)
def test_data_as_it_should_be_is_taken(event_type, data):
    DATA[event_type].model_validate(data)


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        (CONTACT_CREATED, {"e_mail": "a@example.org"}),
        (CONTACT_UPDATED, {"email": "nobody"}),
        (CONTACT_UPDATED, {"engagement": {"clicked": {"count": 99}}}),
        (CONTACT_UPDATED, {"revision": 1}),
        (CONTACT_UPDATED, {"first_name": None}),
        (CONTACT_UNSUBSCRIBED, {"subscription_type": ["news"]}),
        (FORM_SUBMITTED, {}),
        (FORM_SUBMITTED, {"form": "Not A Slug"}),
        (FORM_SUBMITTED, {"form": "rsvp", "fields": []}),
        (LINK_CLICKED, {"link": ""}),
        (ORDER_PLACED, {"amount": "12"}),
        (ORDER_PLACED, {"amount": True}),
        (ORDER_PLACED, {"amount": float("nan")}),
        (SELECTION_ADDED, {}),
        (PROJECT_ADDED, {"selection": "staff"}),
        (PROJECT_REMOVED, {"project": 178105}),
    ],
)
def test_data_that_the_engine_could_not_read_is_refused(event_type, data):
    with pytest.raises(ValidationError):
        DATA[event_type].model_validate(data)
