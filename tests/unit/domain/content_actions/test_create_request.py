"""Create a request of the contact in the CRM."""

from common.domain.content_action import Want
from common.domain.content_actions.create_request import AskForRequest


def test_it_wants_a_request_once_for_each_contact_with_an_owner_that_the_crm_finds():
    (want,) = AskForRequest(subject="Call", category="sales", message="{{ fields.town }}").does()

    assert want == Want(
        {
            "kind": "create_request",
            "title": "Call",
            "category": "sales",
            "automatic": True,
            "message": "{{ fields.town }}",
        }
    )


def test_it_may_be_wanted_each_time_and_be_given_to_somebody():
    (want,) = AskForRequest(subject="Call", user="7", each_time=True).does()

    assert want == Want({"kind": "create_request", "title": "Call", "owner": "7"}, each_time=True)


def test_it_needs_words():
    assert [field for field, _ in AskForRequest(subject=" ").problems()] == ["subject"]
    assert AskForRequest(subject="a", message="b").texts() == (("subject", "a"), ("message", "b"))
