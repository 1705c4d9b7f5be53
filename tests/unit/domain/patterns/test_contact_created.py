from common.domain.patterns.contact_created import ContactCreated


def test_every_new_contact_matches() -> None:
    assert ContactCreated().event_type == "contact.created"
    assert ContactCreated().match({}).holds


def test_conditions_narrow_it() -> None:
    line = {"field": "contact.country", "type": "list", "op": "one_of", "value": ["DE"]}
    assert ContactCreated(conditions=[line]).match({"contact.country": "DE"}).holds
    assert not ContactCreated(conditions=[line]).match({}).holds
