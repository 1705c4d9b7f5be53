import pytest

from common.adapters.mail.sanitizing import sanitize
from common.adapters.mail.tangled import tangled


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        '<p onclick="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<iframe src="https://example.com"></iframe>',
        '<object data="x"></object>',
        "<svg onload=alert(1)>",
        "<!-- <script>alert(1)</script> -->",
        '<a href="java{{ x }}script:alert(1)">x</a>',
        "<scr<!-- -->ipt>alert(1)</script>",
    ],
)
def test_nothing_that_runs_gets_through(html: str) -> None:
    safe = sanitize(html).html
    assert not any(
        bad in safe for bad in ("<script", "onclick", "onload", "javascript", "iframe", "object", "svg")
    )


def test_what_mail_is_made_of_stays() -> None:
    html = (
        '<table width="600" cellpadding="0" bgcolor="#eeeeee" style="margin:0"><tbody><tr>'
        '<td align="center" valign="top" colspan="2"><img src="https://example.org/a.png" alt="A" width="10">'
        '<a href="https://example.org/?a=1&amp;b=2" target="_blank">go</a></td></tr></tbody></table>'
    )
    assert sanitize(html).html == html


def test_styles_and_the_body_s_own_look_stay() -> None:
    safe = sanitize("<html><head><title>x</title><style>p > a { color: red }</style></head>"
                    '<body style="background:#eee">hi</body></html>')  # fmt: skip
    assert safe.html == '<style>p > a { color: red }</style><div style="background:#eee">hi</div>'
    assert safe.text == "hi"


@pytest.mark.parametrize(
    "html",
    [
        '<p>{% if contact.country == "DE" %}Hallo{% else %}Hello{% endif %}</p>',
        '<p>{% if 3 < 4 %}{{ contact.first_name | default: "there" }}{% endif %}</p>',
        '<a href="{{ links.offer }}">go</a>',
        '<a href="{{ unsubscribe }}">go</a>',
        '<a href="https://example.org/{{ contact.id }}?x={{ contact.country }}">go</a>',
        "<p>{{- contact.first_name -}} x</p>",
    ],
)
def test_merge_tags_stay_as_they_are(html: str) -> None:
    safe = sanitize(html)
    assert (safe.html, safe.lost, safe.torn) == (html, (), False)


def test_a_loop_in_a_table_stays_in_it_and_leaves_the_text_to_each_mail() -> None:
    safe = sanitize("<table>{% for i in contact.interests %}<tr><td>{{ i }}</td></tr>{% endfor %}</table>")
    assert safe.html.startswith("<table>{% for i in contact.interests %}")
    assert safe.html.index("{{ i }}") < safe.html.index("{% endfor %}") < safe.html.index("</table>")
    assert safe.text is None


def test_text_is_made_with_the_destinations_of_links() -> None:
    text = sanitize('<h1>Hi &amp; hello</h1><p>See <a href="{{ links.offer }}">this</a></p>').text
    assert text is not None
    assert "Hi & hello" in text
    assert "[this]({{ links.offer }})" in text


@pytest.mark.parametrize(
    ("html", "piece"),
    [
        ('<a href="{{ contact.custom.url }}">x</a>', "{{ contact.custom.url }}"),
        ('<p {% if x %}class="a"{% endif %}>x</p>', "{% if x %}"),
        ("<script>{{ x }}</script>", "{{ x }}"),
    ],
)
def test_merge_tags_where_html_keeps_nothing_are_told(html: str, piece: str) -> None:
    assert piece in sanitize(html).lost


@pytest.mark.parametrize(
    "html",
    [
        "{% raw %}{{ {% endraw %}<script>alert(1)</script>{% raw %} }}{% endraw %}",
        "&#123;&#123; contact.consents &#125;&#125;",
        "{{ contact.first_name",
    ],
)
def test_merge_tags_that_liquid_would_see_otherwise_are_told(html: str) -> None:
    assert sanitize(html).torn


@pytest.mark.parametrize(
    "html",
    [
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<a href="da&#9;ta:text/html,x">x</a>',
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href="vbscript:x">x</a>',
        '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
        '<img src=x onerror="alert(1)">',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        '<form action="https://evil.example"><input name="a"></form>',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<base href="https://evil.example/">',
        '<link rel="stylesheet" href="https://evil.example/x.css">',
        "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    ],
)
def test_no_address_and_no_element_that_runs_or_sends_gets_through(html: str) -> None:
    safe = sanitize(html).html.lower()
    bad = (
        "data:",
        "script:",
        " onerror=",
        "onbegin",
        "<form",
        "<input",
        "<meta",
        "<base",
        "<link",
        "<svg",
        "<math",
    )
    assert not [each for each in bad if each in safe.replace("&quot;", "").replace("&lt;", "_")]


def test_pictures_may_stand_in_the_mail_itself() -> None:
    html = '<img src="data:image/png;base64,AAAA"><img src="cid:logo">'
    assert sanitize(html).html == html


@pytest.mark.parametrize(
    "address",
    [
        "https://{{ contact.custom.host }}/x",
        "https://example.org{{ event.path }}",
        "https://example.org:{{ event.port }}/",
        "https://user@{{ contact.custom.host }}/",
        "//{{ contact.custom.host }}/",
        "{{ contact.custom.url }}",
    ],
)
@pytest.mark.parametrize("element", ['<a href="{}">x</a>', '<img src="{}">'])
def test_where_an_address_leads_is_never_a_contact_s_choice(element: str, address: str) -> None:
    assert sanitize(element.replace("{}", address)).lost


@pytest.mark.parametrize("address", ["https://example.org/?q={{ contact.id }}", "mailto:{{ owner.email }}"])
def test_behind_the_author_s_own_host_there_may_be_data(address: str) -> None:
    assert address in sanitize(f'<a href="{address}">x</a>').html


@pytest.mark.parametrize("html", ["<div>" * 80_000, "<ul><li>" * 40_000, "<!--" * 100_000, "{{" * 100_000])
def test_what_would_keep_the_parsers_busy_is_told_instead(html: str) -> None:
    assert tangled(html)
    assert sanitize(html).torn


def test_an_ordinary_mail_is_not_tangled() -> None:
    html = "<table><tr><td><p>a<p>b<br><img src=x></td></tr></table>" * 600
    assert tangled(html) is None
