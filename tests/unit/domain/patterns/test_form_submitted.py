from common.domain.patterns.form_submitted import FormSubmitted
from tests.support.flows import START


def test_only_its_form_matches() -> None:
    pattern = FormSubmitted(form="contact-me")
    assert pattern.event_type == "form.submitted"
    assert pattern.match({"event.form": "contact-me"}, START).holds
    for other in ("rsvp", "Contact-Me", None, ["contact-me"]):
        assert not pattern.match({"event.form": other}, START).holds


def test_conditions_ask_of_the_form_s_data() -> None:
    line = {"field": "event.fields.size", "type": "number", "op": "gt", "value": 10}
    pattern = FormSubmitted(form="contact-me", conditions=[line])
    assert pattern.match({"event.form": "contact-me", "event.fields.size": 11}, START).holds
    assert not pattern.match({"event.form": "contact-me"}, START).holds


def test_the_form_must_be_named() -> None:
    assert [field for field, _ in FormSubmitted().problems()] == ["form"]
    assert not FormSubmitted().forms()
