import pytest
from liquid.exceptions import LiquidError

from common.adapters.mail.merge_tags import HTML, TEXT

NASTY = "<script>\"'&"
ESCAPED = "&lt;script&gt;&quot;&#x27;&amp;"


@pytest.mark.parametrize(
    "template",
    [
        "{{ x }}",
        "{{ x | append: '' }}",
        "{{ x | default: 'y' }}",
        "{{ nothing | default: x }}",
        "{{ x | escape }}",
        "{{ x | url_encode | url_decode }}",
        "{{ x | newline_to_br }}",
        "{{ list | join: '' }}",
        "{{ list }}",
        "{{ list | first }}",
    ],
)
def test_in_html_a_value_is_escaped_once_whatever_it_went_through(template: str) -> None:
    assert HTML.from_string(template).render(x=NASTY, list=[NASTY]) == ESCAPED


def test_in_html_an_author_s_literals_are_text_too() -> None:
    assert HTML.from_string("{{ '<b>' }}").render() == "&lt;b&gt;"


def test_line_breaks_of_a_value_can_be_kept() -> None:
    assert HTML.from_string("{{ x | newline_to_br }}").render(x="a\n<b>") == "a<br>\n&lt;b&gt;"


def test_in_text_a_value_is_itself() -> None:
    assert TEXT.from_string("{{ x | escape }}").render(x=NASTY) == NASTY


@pytest.mark.parametrize(
    "tag", ["include 'a'", "render 'a'", "echo x", "cycle x", "increment x", "tablerow a in b"]
)
def test_tags_that_read_files_or_pass_by_the_escaping_are_unknown(tag: str) -> None:
    with pytest.raises(LiquidError, match="unexpected tag"):
        HTML.from_string(f"{{% {tag} %}}")


GROWING = "{% assign x = 'xxxxxxxxxx' %}" + "{% assign x = x | replace: 'x', 'xxxxxxxxxx' %}" * 12
DOUBLING = "{% assign x = 'x' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}"
MULTIPLYING = "{% assign n = 9 %}{% for i in (1..60) %}{% assign n = n | times: n %}{% endfor %}"
JOINING = "{{ list | join: long | split: '' | join: long }}"


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..2000) %}{% for j in (1..2000) %}{% endfor %}{% endfor %}",
        "{% for i in (1..9000) %}{{ long }}{% endfor %}",
        GROWING,
        DOUBLING,
        MULTIPLYING,
        JOINING,
    ],
)
def test_loops_output_and_memory_are_bounded(template: str) -> None:
    with pytest.raises(LiquidError):
        HTML.from_string(template).render(long="y" * 1000, list=["a"] * 100)
