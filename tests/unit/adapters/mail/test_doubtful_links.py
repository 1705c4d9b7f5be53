"""Links that look broken, and links that don't."""

import pytest

from common.adapters.mail.doubtful_links import doubts
from common.domain.content import EmailContent


def of(*links: str, **fields: object) -> list[str]:
    html = "".join(f"<p><a href='{link}'>x</a></p>" for link in links)
    body = {"name": "n", "subject": "s", "html": html} | fields
    return doubts(EmailContent.model_validate(body))


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org",
        "http://example.org:8080/a?b=c#d",
        "mailto:desk@example.org?subject=Hi there",
        "tel:+4912345",
        "{{ links.offer }}",
        "{{ unsubscribe }}",
        "{{forms.rsvp}}",
    ],
)
def test_a_sound_link_raises_no_doubt(link: str):
    assert of(link) == []


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("", "leads nowhere"),
        ("#", "leads nowhere"),
        ("www.example.org", "neither https"),
        ("/offer", "neither https"),
        ("https:/example.org", "no domain"),
        ("https://example", "no domain"),
        ("htps://example.org", "neither https"),
        ("https://example.org/a b", "a space"),
        ("https://[example.org", "no address"),
        ("mailto:", "nobody"),
    ],
)
def test_a_link_that_looks_broken_is_told_with_what_is_wrong(link: str, why: str):
    (told,) = of(link)
    assert repr(link) in told
    assert why in told


def test_a_link_that_holds_a_merge_tag_is_told():
    (told,) = of("https://example.org/?for={{ contact.id }}")
    assert "holds a merge tag" in told


def test_each_is_told_once_and_in_mjml_too():
    assert len(of("#", "#")) == 1
    button = '<mj-button href="www.example.org">x</mj-button>'
    mjml = f"<mjml><mj-body><mj-section><mj-column>{button}</mj-column></mj-section></mj-body></mjml>"
    assert len(of(html="", mjml=mjml)) == 1
