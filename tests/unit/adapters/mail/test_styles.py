import pytest

from common.adapters.mail.sanitizing import sanitize
from common.adapters.mail.styles import is_harmless

BAD = [
    "@import url(https://evil.example/x.css);",
    "p { width: expression(alert(1)) }",
    "p { width: exp/**/ression(alert(1)) }",
    r"p { width: \65xpression(alert(1)) }",
    "p { behavior: url(https://evil.example/x.htc) }",
    "p { -moz-binding: url(https://evil.example/x.xml#y) }",
    "p { background: url(javascript:alert(1)) }",
    r"p { background: url('java\73 cript:alert(1)') }",
    "p { background: url(data:text/html;base64,PHNjcmlwdD4=) }",
    "p { background: url(data:image/svg+xml;base64,PHN2Zz4=) }",
    "p { background: url(//evil.example/x) }",
    "p { color: red } /* <script>",
]
GOOD = [
    "p > a { color: red; overscroll-behavior: none }",
    "@media (max-width: 480px) { .x { width: 100% !important } }",
    "p { background: url(https://example.org/a.png) /* ours */ }",
    "p { background: url('data:image/png;base64,AAAA') }",
    r"p::before { content: '\201C' }",
]


@pytest.mark.parametrize("css", BAD)
def test_css_that_loads_or_runs_something_goes(css: str) -> None:
    assert not is_harmless(css)
    assert css not in sanitize(f"<style>{css}</style><p>x</p>").html
    assert "style=" not in sanitize(f'<p style="{css}">x</p>').html


@pytest.mark.parametrize("css", GOOD)
def test_css_as_mails_have_it_stays(css: str) -> None:
    assert is_harmless(css)
    assert css in sanitize(f"<style>{css}</style><p>x</p>").html


@pytest.mark.parametrize(
    "html",
    ["<style>p { color: {{ contact.country }} }</style>", '<p style="color:{{ contact.country }}">x</p>'],
)
def test_a_contact_s_data_has_no_place_in_css(html: str) -> None:
    safe = sanitize(html)
    assert safe.lost == ("{{ contact.country }}",)
    assert "{{" not in safe.html


def test_conditions_may_choose_among_the_author_s_own_rules() -> None:
    html = "<style>p { {% if contact.country == 'DE' %}color: red{% endif %} }</style>"
    assert sanitize(html).html == html
