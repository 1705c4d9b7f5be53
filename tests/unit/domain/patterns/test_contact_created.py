from common.domain.patterns.contact_created import ContactCreated
from tests.support.flows import START


def test_every_new_contact_matches() -> None:
    assert ContactCreated().event_type == "contact.created"
    assert ContactCreated().match({}, START).holds


def test_conditions_narrow_it() -> None:
    line = {"field": "contact.country", "type": "list", "op": "one_of", "value": ["DE"]}
    assert ContactCreated(conditions=[line]).match({"contact.country": "DE"}, START).holds
    assert not ContactCreated(conditions=[line]).match({}, START).holds
