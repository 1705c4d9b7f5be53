"""What following a tracked link does, in its order and under ids of its own."""

import pytest
from pydantic import ValidationError

from common.domain.content import EmailContent, TrackedLink
from common.domain.link_consequences import events


def a_link(*actions: dict[str, object], **fields: object) -> TrackedLink:
    return TrackedLink.model_validate({"to": "https://example.org", "actions": actions} | fields)


LINK = a_link(
    {"kind": "add_to_selection", "selection": "leads"},
    {"kind": "set_field", "field": "category", "value": "Lead"},
    {"kind": "remove_interest", "interest": "Mills"},
    {"kind": "raise_event", "type": "request.wanted", "data": {"title": "Call"}},
)
ABOUT = {"link": "offer", "content": "spring", "effect": "e1"}


def test_the_contacts_data_comes_first_and_is_one_change():
    told = [(each.type, each.data) for each in events(LINK, "ada", "c1", ABOUT)]

    assert told == [
        ("contact.updated", {"category": "Lead", "remove": {"interests": ["Mills"]}}),
        ("selection.added", {**ABOUT, "selection": "leads"}),
        ("request.wanted", {**ABOUT, "title": "Call"}),
    ]


def test_the_same_click_has_the_same_ids_and_another_one_others():
    ids = [each.id for each in events(LINK, "ada", "c1", ABOUT)]

    assert len(set(ids)) == 3
    assert ids == [each.id for each in events(LINK, "ada", "c1", ABOUT)]
    assert not set(ids) & {each.id for each in events(LINK, "ada", "c2", ABOUT)}


@pytest.mark.parametrize("fields", [{"to": None}, {"text": "Both"}])
def test_a_link_leads_to_one_place(fields: dict[str, object]):
    with pytest.raises(ValidationError, match="a destination or a text"):
        a_link(**fields)


def test_a_response_mail_is_not_for_links():
    with pytest.raises(ValidationError, match="response_mail"):
        a_link({"kind": "response_mail", "subject": "x", "text": "y"})


def test_a_destination_alone_is_a_link_without_actions():
    content = EmailContent(name="n", subject="s", html="<p>x</p>", links={"a": "https://example.org/"})

    assert content.link("a") == a_link(to="https://example.org/")
    assert content.link("b") is None
    assert content.model_dump(mode="json")["links"] == {"a": "https://example.org/"}


def test_a_link_with_actions_is_read_back_as_it_was_stored():
    content = EmailContent(name="n", subject="s", html="<p>x</p>", links={"a": LINK})

    assert EmailContent.model_validate(content.model_dump(mode="json")) == content


def test_what_is_wanted_once_has_one_id_for_each_contact_and_link_whatever_the_click():
    request = {"kind": "create_request", "subject": "Call"}
    link = a_link(request, request | {"each_time": True})

    def ids(contact: str = "ada", click: str = "c1", content: str = "spring") -> list[str]:
        told = events(link, contact, click, ABOUT | {"content": content})
        assert [each.type for each in told] == ["headrace.act.wanted"] * 2
        return [each.id for each in told]

    assert ids()[0] == ids(click="c2")[0]
    assert ids()[1] != ids(click="c2")[1]
    assert len({ids()[0], ids(contact="bea")[0], ids(content="autumn")[0]}) == 3
