import subprocess
import sys

import pytest
from pydantic import ValidationError

from common.adapters.mail.linting import lint
from common.adapters.mail.mjml import MOST_SIGNS, html_of
from common.adapters.mail.rendering import compile_content
from common.domain.content import EmailContent

MJML = """<mjml>
  <mj-body>
    <mj-section><mj-column>
      <mj-text>Dear {{ contact.first_name | default: "friend" }}</mj-text>
      <mj-button href="{{ links.offer }}">See it</mj-button>
    </mj-column></mj-section>
  </mj-body>
</mjml>"""


def mjml(source: str = MJML, **fields: str) -> EmailContent:
    links = {"offer": "https://shop.example.org/"}
    return EmailContent.model_validate(
        {"name": "Offer", "subject": "Offer", "mjml": source, "links": links} | fields
    )


def test_it_becomes_html_in_which_merge_tags_are_filled_and_escaped() -> None:
    compiled = compile_content(mjml())
    values = {"contact": {"first_name": "<Ada>"}, "links": {"offer": "https://a.example/x"}}
    filled = compiled.html.render(values)
    assert "Dear &lt;Ada&gt;" in filled
    assert 'href="https://a.example/x"' in filled
    assert "max-width:600px" in filled.replace(" ", "")
    assert "mj-" not in filled.replace("mj-column", "").replace("mj-outlook", "")


def test_a_good_one_has_no_problems() -> None:
    assert lint(mjml()) == []


def test_nothing_is_fetched_from_elsewhere_when_it_is_read() -> None:
    assert "fonts.googleapis" not in html_of(mjml())


def test_scripts_do_not_pass() -> None:
    raw = MJML.replace("<mj-button", "<mj-raw><script>alert(1)</script></mj-raw><mj-button")
    filled = compile_content(mjml(raw)).html.render({})
    assert "script" not in filled and "alert" not in filled


def test_tags_that_the_compiler_would_drop_are_told_with_their_line() -> None:
    (problem,) = lint(mjml(MJML.replace("mj-button", "mj-buton")))
    assert (problem.field, problem.line) == ("mjml", 5)
    assert "<mj-buton>" in problem.text


def test_what_can_not_be_read_is_told() -> None:
    (problem,) = lint(mjml("<mjml><mj-body><mj-section></mj-body></mjml>"))
    assert problem.field == "mjml"
    assert "no MJML" in problem.text


def test_wrong_merge_tags_are_told_with_their_line() -> None:
    (problem,) = lint(mjml(MJML.replace("contact.first_name", "contact.frist_name")))
    assert (problem.field, problem.line) == ("mjml", 4)


def test_the_plain_part_is_made_of_it() -> None:
    text = compile_content(mjml()).text
    assert text is not None
    assert "Dear Ada" in text.render({"contact": {"first_name": "Ada"}})


@pytest.mark.parametrize("bodies", [{"mjml": ""}, {"html": "<p>too</p>"}])
def test_a_content_has_one_body(bodies: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="as html or as mjml"):
        mjml(**bodies)


DEEPLY = f"""
from common.adapters.mail.linting import lint
from common.domain.content import EmailContent
for tag in ("mj-wrapper", "mj-section", "mj-column", "mj-hero", "mj-text", "mj-raw"):
    for number, end in (({MOST_SIGNS} - 3, ""), ({MOST_SIGNS // 2} - 2, f"</{{tag}}>"), (40_000, "")):
        source = "<mjml><mj-body>" + number * f"<{{tag}}>" + number * end + "</mj-body></mjml>"
        (problem,) = lint(EmailContent(name="x", subject="s", mjml=source))
print("alive")
"""


def test_nesting_of_any_depth_is_a_problem_of_the_content_and_not_of_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", DEEPLY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr[-500:]
