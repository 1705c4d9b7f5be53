from typing import Any

import pytest

from common.adapters.mail.previewing import Previewed, Unfilled, preview
from common.domain.analytics import Analytics
from common.domain.colleague import NOBODY, Ours
from common.domain.contact import Contact
from common.domain.content import EmailContent
from common.domain.instant import Instant
from common.domain.user import User
from common.ports import Unsendable
from tests.support.flows import START, a_contact

NOW: Instant = START
OWNER = User(id="7", name="Ada Lind", email="ada@example.org", created_at=NOW, updated_at=NOW)


def shown(contact: Contact | None = None, ours: Ours = NOBODY, **fields: Any) -> Previewed:
    body = EmailContent.model_validate({"name": "Offer", "subject": "Hi", "html": "<p>Hi</p>"} | fields)
    return preview(body, contact or a_contact(), ours)


def test_values_of_all_kinds_are_filled_in() -> None:
    contact = a_contact(first_name="Åsa", company={"name": "Both & Sons"})
    found = shown(
        contact,
        Ours(OWNER, None, {"amount": 12}, {"town": "Lund"}),
        subject="{{ contact.first_name }} of {{ company.name }}",
        preheader="by {{ owner.name }}",
        html="<p>{{ company.name }}: {{ event.amount }} in {{ fields.town }}</p>",
    )
    assert found.filled.subject == "Åsa of Both & Sons"
    assert found.filled.preheader == "by Ada Lind"
    assert "<p>Both &amp; Sons: 12 in Lund</p>" in found.filled.html
    assert "Both & Sons: 12 in Lund" in found.filled.text
    assert found.unfilled == ()


def test_what_stays_empty_is_named_once_with_its_field() -> None:
    found = shown(
        subject="For {{ event.product }}",
        html="<p>{{ contact.custom.tier }}, {{ contact.custom.tier }} {{ owner.name | upcase }}</p>",
        text="Hi {{ fields.town }}",
    )
    assert found.unfilled == (
        Unfilled("subject", "event.product"),
        Unfilled("html", "contact.custom.tier"),
        Unfilled("html", "owner.name | upcase"),
        Unfilled("text", "fields.town"),
    )


def test_what_has_a_fall_back_or_is_not_reached_does_not_stay_empty() -> None:
    found = shown(
        subject='Hi {{ contact.custom.nick | default: "you" }}',
        html="<p>Hi{% if event.amount %} {{ event.amount }}{% endif %}</p>",
    )
    assert (found.filled.subject, found.unfilled) == ("Hi you", ())


def test_links_lead_straight_to_where_they_lead_and_what_would_act_leads_nowhere() -> None:
    body = EmailContent.model_validate(
        {
            "name": "Offer",
            "subject": "Hi",
            "html": '<a href="{{ links.shop }}">x</a><a href="{{ links.word }}">x</a>'
            '<a href="{{ forms.rsvp }}">x</a><a href="{{ preferences }}">x</a>',
            "links": {"shop": "https://example.org/shop", "word": {"text": "Thanks"}},
            "forms": ["rsvp"],
        }
    )
    html = preview(body, a_contact(), NOBODY, analytics=Analytics(source="news")).filled.html
    assert "https://example.org/shop?utm_source=news&amp;utm_medium=email" in html
    for nowhere in ("#link-word", "#form-rsvp", "#preferences", "#unsubscribe"):
        assert f'href="{nowhere}"' in html
    assert "<img" not in html


def test_mail_that_needs_no_consent_has_no_way_out() -> None:
    body = EmailContent(name="x", subject="Hi", html="<p>Hi</p>")
    assert "unsubscribe" not in preview(body, a_contact(), NOBODY, marketing=False).filled.html.lower()


def test_the_page_says_itself_that_nothing_in_it_runs_or_sends() -> None:
    head = shown(html="<p>Hi</p>").filled.html.partition("</head>")[0]
    assert "Content-Security-Policy" in head
    assert "default-src 'none'" in head and "script-src" not in head and "form-action 'none'" in head


def test_html_is_as_safe_as_in_a_mail() -> None:
    contact = a_contact(first_name="<script>1</script>")
    html = shown(contact, html="<p onclick='x()'>{{ contact.first_name }}</p><script>2</script>").filled.html
    assert "<script" not in html
    assert "onclick" not in html


def test_what_could_not_be_mailed_cannot_be_shown() -> None:
    with pytest.raises(Unsendable):
        shown(html="{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}")


def test_the_step_s_subject_goes_before_the_content_s_with_its_own_merge_tags() -> None:
    body = EmailContent.model_validate({"name": "Offer", "subject": "{{ event.a }}", "html": "<p>Hi</p>"})
    found = preview(body, a_contact(first_name="Bo"), NOBODY, subject="Dear {{ contact.first_name }}")
    assert (found.filled.subject, found.unfilled) == ("Dear Bo", ())
    assert "<title>Dear Bo</title>" in found.filled.html

    found = preview(body, a_contact(), NOBODY, subject="On {{ event.product }}")
    assert found.unfilled == (Unfilled("subject", "event.product"),)
    assert "stays empty: give it in `event`" in found.unfilled[0].detail()
