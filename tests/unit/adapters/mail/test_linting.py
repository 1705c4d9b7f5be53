from typing import Any

import pytest

from common.adapters.mail.linting import ContentProblem, lint
from common.domain.content import EmailContent


def content(**fields: Any) -> EmailContent:
    usual = {"name": "Offer", "subject": "Hi", "html": "<p>Hi</p>"}
    return EmailContent.model_validate(usual | fields)


def test_a_sound_content_has_no_problems() -> None:
    sound = content(
        subject='An offer for {{ contact.first_name | default: "you" }}',
        preheader="{{ company.name }}",
        html='<p>{% for i in contact.interests %}{{ i }}{% endfor %}<a href="{{ links.offer }}">x</a>'
        '<a href="{{ forms.rsvp }}">y</a> {{ contact.custom.tier }} <a href="{{ unsubscribe }}">no</a></p>',
        text="{{ links.offer }}",
        links={"offer": "https://example.com/offer"},
        forms=["rsvp"],
    )
    assert lint(sound) == []


def test_a_syntax_error_is_told_with_its_line() -> None:
    problem = lint(content(html="<p>\n\n{{ contact.first_name | shout }}</p>"))[0]
    assert (problem.field, problem.line) == ("html", 3)
    assert "shout" in problem.text


def test_a_link_that_nobody_named_is_told_with_those_that_are() -> None:
    problems = lint(content(html="<p>\n{{ links.ofer }}</p>", links={"offer": "https://example.com"}))
    assert problems == [ContentProblem("html", 2, "links.ofer names nothing; known: offer")]


def test_a_form_that_nobody_named_is_told() -> None:
    assert str(lint(content(text="{{ forms.x }}"))[0]) == "text, line 1: forms.x names nothing; known: none"


def test_an_unknown_name_is_told() -> None:
    assert "there is no contakt.name" in lint(content(subject="{{ contakt.name }}"))[0].text
    assert "contact.nme names nothing" in lint(content(html="<p>{{ contact.nme }}</p>"))[0].text


def test_what_contacts_keep_to_themselves_has_no_name() -> None:
    assert lint(content(html="<p>{{ contact.consents }}</p>"))
    assert lint(content(html="<p>{{ contact.selections }}</p>"))


def test_addresses_don_t_belong_into_a_subject() -> None:
    problem = lint(content(subject="{{ links.offer }}", links={"offer": "https://example.com"}))[0]
    assert (problem.field, problem.text) == ("subject", "links belongs into the body")


def test_a_merge_tag_that_html_would_lose_is_told_with_its_line() -> None:
    problem = lint(content(html='<p>\n<a href="{{ contact.custom.url }}">x</a></p>'))[0]
    assert (problem.field, problem.line) == ("html", 2)


def test_every_problem_is_told_not_only_the_first() -> None:
    assert len(lint(content(subject="{{ a }}", html="<p>{{ b }} {{ c }}</p>", text="{% if %}"))) == 4


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/{{ contact.id }}",
        "https://example.org/?a={{x}}",
        "https://example.org/{% if x %}",
    ],
)
def test_a_merge_tag_in_a_destination_is_told_with_its_link(address: str) -> None:
    for link in (address, {"to": address}):
        (problem,) = lint(content(links={"offer": link, "sound": "https://example.org/100%25?a=%7D"}))
        assert problem.field == "links"
        assert problem.text.startswith("offer: merge tags")


def test_a_style_sheet_that_would_be_left_out_is_told() -> None:
    wrong = lint(EmailContent(name="x", subject="x", html='<style>@import "x";</style><p>x</p>'))
    assert [each.text for each in wrong if "style sheet" in each.text]
    assert not lint(EmailContent(name="x", subject="x", html="<style>p { color: red }</style><p>x</p>"))


@pytest.mark.parametrize(
    "address",
    [
        "https://{{ event.host }}/",
        "http://example.org{{ event.path }}",
        "http://example.org{% if true %}{{ event.path }}{% endif %}",
    ],
)
def test_in_plain_text_too_an_address_has_its_author_s_host(address: str) -> None:
    wrong = lint(EmailContent(name="x", subject="x", html="x", text=f"See\n{address}"))
    assert wrong == [ContentProblem("text", 2, "write out the host of an address")]
    good = "https://example.org/{{ event.path }} {{ links.offer }}"
    assert not lint(
        EmailContent(name="x", subject="x", html="x", text=good, links={"offer": "https://example.org"})
    )
