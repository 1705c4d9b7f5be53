from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from common.adapters.mail.rendering import Renderer
from common.adapters.mail.tokens import FormToken, LinkToken, PublicAddresses, Tokens, UnsubscribeToken
from common.domain.contact import Contact
from common.domain.content import ContentVersion, EmailContent
from common.domain.effect import Effect
from common.domain.flow import EmailSettings
from common.ports import Unsendable
from tests.support.flows import START, a_contact

TOKENS = Tokens("a secret of the test's own")
NOON = datetime(1997, 2, 3, 12, tzinfo=UTC)
EFFECT = Effect(
    id="abc", partition=0, channel="email", flow="f", run=1, version=1, participant="p", contact="1",
    step="mail", content="offer", content_version=1, planned_at=START,
)  # fmt: skip


def renderer(kept: int = 200) -> Renderer:
    return Renderer(PublicAddresses("https://example.org", TOKENS), kept)


def version(number: int = 1, **fields: Any) -> ContentVersion:
    usual = {"name": "Offer", "subject": "Hi", "html": "<p>Hi</p>"}
    body = EmailContent.model_validate(usual | fields)
    return ContentVersion(content="offer", version=number, body=body, created_at=START)


def mail(
    content: ContentVersion,
    contact: Contact | None = None,
    effect: Effect = EFFECT,
    using: Renderer | None = None,
    **settings: Any,
) -> EmailMessage:
    sender = EmailSettings.model_validate(
        {"from_address": "news@example.com", "from_name": "News"} | settings
    )
    rendered = (using or renderer()).render(content, effect, contact or a_contact(), sender, NOON)
    assert b"\n" not in rendered.message.replace(b"\r\n", b"")
    parsed = message_from_bytes(rendered.message, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_headers_say_who_what_when_and_which_effect() -> None:
    message = mail(version(), a_contact(first_name="Åsa", last_name="Öberg"), reply_to="desk@example.com")
    assert message["From"] == "News <news@example.com>"
    assert message["To"].addresses[0].display_name == "Åsa Öberg"
    assert message["To"].addresses[0].addr_spec == "contact-1@example.org"
    assert message["Reply-To"] == "desk@example.com"
    assert message["Date"].datetime == NOON
    assert message["Message-ID"] == "<effect.abc@example.com>"


def test_merge_tags_are_escaped_in_html_and_plain_elsewhere() -> None:
    content = version(
        subject='For {{ contact.first_name | default: "you" }} at {{ company.name }}',
        html="<p>Hi {{ contact.first_name }}, {{ contact.custom.tier }}</p>",
        text="Hi {{ contact.first_name }}",
    )
    contact = a_contact(first_name="A <b>& 'B'", company={"name": "Both & Sons"}, custom={"tier": "gold"})
    message = mail(content, contact)
    assert message["Subject"] == "For A <b>& 'B' at Both & Sons"
    assert "<p>Hi A &lt;b&gt;&amp; &#x27;B&#x27;, gold</p>" in part(message, "html")
    assert "Hi A <b>& 'B'" in part(message, "plain")


def test_a_missing_value_takes_its_fallback() -> None:
    assert mail(version(subject='Hi {{ contact.first_name | default: "there" }}'))["Subject"] == "Hi there"


@pytest.mark.parametrize(
    "nasty", ["x\r\nBcc: victim@example.net", "x\nBcc: a@example.net", "x\u2028Bcc: a", "x\x00y"]
)
def test_no_value_can_add_a_header(nasty: str) -> None:
    content = version(subject="Hi {{ contact.first_name }}")
    message = mail(content, a_contact(first_name=nasty, last_name=nasty), from_name=nasty)
    assert message["Bcc"] is None
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
        "List-Unsubscribe", "List-Unsubscribe-Post",
    }  # fmt: skip
    assert len(message["To"].addresses) == 1


def test_long_and_foreign_subjects_survive() -> None:
    subject = "Grüße über Größen, " * 40
    assert mail(version(subject=subject))["Subject"] == subject.strip()


def test_marketing_mail_can_be_unsubscribed_by_one_click() -> None:
    message = mail(version())
    address = message["List-Unsubscribe"].strip("<>")
    assert TOKENS.read(address.rpartition("/")[2]) == UnsubscribeToken("abc")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in part(message, "html")
    assert address in part(message, "plain")


def test_an_author_s_own_way_out_needs_no_footer() -> None:
    message = mail(version(html='<a href="{{ unsubscribe }}">Leave</a>'))
    assert part(message, "html").count("/r/u/") == 1


def test_transactional_mail_has_no_way_out() -> None:
    message = mail(version(), override_consent=True)
    assert message["List-Unsubscribe"] is None
    assert "/r/u/" not in part(message, "html")


def test_links_and_forms_become_signed_addresses() -> None:
    content = version(
        html='<a href="{{ links.offer }}">a</a> <a href="{{ forms.rsvp }}">b</a>',
        links={"offer": "https://example.net/secret"},
        forms=["rsvp"],
    )
    message = mail(content, override_consent=True)
    html = part(message, "html")
    addresses = [piece.split('"')[0] for piece in html.split('href="')[1:]]
    assert [TOKENS.read(a.rpartition("/")[2]) for a in addresses] == [
        LinkToken("abc", "offer"), FormToken("abc", "rsvp"),
    ]  # fmt: skip
    assert "example.net" not in message.as_string()
    assert addresses[0] in part(message, "plain")


def test_text_is_made_from_html_even_where_a_table_loops() -> None:
    html = "<table>{% for i in contact.interests %}<tr><td>{{ i }}</td></tr>{% endfor %}</table>"
    text = part(mail(version(html=html), a_contact(interests=["red", "blue"])), "plain")
    assert text.index("red") < text.index("blue")
    assert "{%" not in text


def test_the_effect_s_own_subject_comes_first() -> None:
    effect = EFFECT.but(settings={"subject": "Again, {{ contact.country }}"})
    assert mail(version(), effect=effect)["Subject"] == "Again, DE"


def test_the_preheader_is_there_and_hidden() -> None:
    html = part(mail(version(preheader="For {{ contact.country }} & you")), "html")
    assert "display:none" in html
    assert "For DE &amp; you" in html


def test_versions_are_kept_apart_and_only_so_many() -> None:
    using = renderer(kept=2)
    for number in (1, 2, 3, 1):
        assert mail(version(number, subject=f"v{number}"), using=using)["Subject"] == f"v{number}"


def test_an_international_domain_is_written_in_ascii() -> None:
    message = mail(version(), a_contact(email="desk@bücher.example.org"))
    assert message["To"].addresses[0].addr_spec == "desk@xn--bcher-kva.example.org"


@pytest.mark.parametrize(
    ("content", "contact"),
    [
        (version(), a_contact(email=None)),
        (version(), a_contact(email="bücher@example.org")),
        (version(html="{% for i in (1..99999999) %}x{% endfor %}"), a_contact()),
        (version(html='<a href="{{ contact.custom.url }}">x</a>'), a_contact()),
        (version(subject="{{ contact.first_name | shout }}"), a_contact()),
    ],
)
def test_what_can_t_be_a_mail_is_unsendable(content: ContentVersion, contact: Contact) -> None:
    with pytest.raises(Unsendable):
        mail(content, contact)


ANALYTICS = {"source": "news", "campaign": "spring"}
UTM = "utm_source=news&utm_medium=email&utm_campaign=spring"


def test_the_authors_own_addresses_tell_web_analytics_where_readers_come_from() -> None:
    content = version(
        html='<a href="https://example.org/?for={{ contact.id }}#a">x</a> <img src="https://example.org/i.png">'
        ' <a href="mailto:desk@example.org">m</a>',
        text="See https://example.org/{{ contact.id }}, or (http://example.org/b?c=1).",
    )
    message = mail(content, a_contact("7"), analytics=ANALYTICS)

    html = part(message, "html").replace("&amp;", "&")
    assert f'href="https://example.org/?for=7&{UTM}#a"' in html
    assert 'src="https://example.org/i.png"' in html
    assert 'href="mailto:desk@example.org"' in html
    plain = part(message, "plain")
    assert f"See https://example.org/7?{UTM}, or (http://example.org/b?c=1&{UTM})." in plain


def test_addresses_of_ours_tell_web_analytics_nothing() -> None:
    content = version(
        html='<a href="{{ links.a }}">x</a> <a href="{{ unsubscribe }}">y</a> <a href="{{ preferences }}">z</a>',
        links={"a": "https://example.org/"},
    )

    assert "utm_" not in mail(content, analytics=ANALYTICS).as_string()


def test_one_content_in_two_flows_tells_what_each_of_them_says() -> None:
    content, using = version(html='<a href="https://example.org/">x</a>'), renderer()
    for source in ("one", "two"):
        told = part(mail(content, using=using, analytics={"source": source}), "html")
        assert f"utm_source={source}" in told
    assert "utm_" not in part(mail(content, using=using), "html")
