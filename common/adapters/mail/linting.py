"""What is wrong with a content, told when it is saved rather than when it should go out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from liquid import BoundTemplate
from liquid.exceptions import LiquidError
from liquid.static_analysis import Variable

from common.adapters.mail.merge_tags import HTML, TEXT, MergeEnvironment, line_of, words_of
from common.adapters.mail.mjml import NoMjml, html_of, unknown_tags
from common.adapters.mail.sanitizing import sanitize
from common.adapters.mail.tangled import tangled
from common.domain.contact import Company, Contact
from common.domain.content import EmailContent
from common.domain.user import UserData

CONTACT_FIELDS = frozenset({*Contact.model_fields, "name"}) - {
    "consents", "subscriptions", "selections", "projects", "company", "retired", "no_mailing", "revision",
}  # fmt: skip
"""What merge tags may name of a contact. Consents and memberships are nobody's business in a mail."""

COMPANY_FIELDS = frozenset(Company.model_fields)
USER_FIELDS = frozenset(UserData.model_fields) - {"available"}
BODY_ONLY = frozenset({"links", "forms", "unsubscribe", "preferences"})


TAG = re.compile(r"(\{|%7b)(\{|%7b|%(?!7d)|%25)", re.IGNORECASE)
"""The begin of a merge tag, as it is written or as addresses spell it."""

HOST_FILLED = re.compile(r"https?://[^\s/?#{]*\{[{%]", re.IGNORECASE)

FREE = {"event": "event.amount", "fields": "fields.town"}
"""Roots below which there may be anything, with an example: what enrols people, and what they submit, differs."""


ROOTS = (
    "contact", "company", "owner", "service_contact", "event", "fields", "links", "forms", "unsubscribe",
    "preferences",
)  # fmt: skip
"""What merge tags begin with."""


@dataclass(frozen=True, slots=True)
class ContentProblem:
    """One thing to put right. `field` is a field of `EmailContent`, `line` counts from 1 in it."""

    field: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.field}, line {self.line}: {self.text}" if self.line else f"{self.field}: {self.text}"


def lint(content: EmailContent) -> list[ContentProblem]:
    """Every problem with the merge tags of a content; none means that it can be sent."""
    problems = [
        *of_template("subject", content.subject, TEXT, content),
        *of_template("preheader", content.preheader, TEXT, content),
        *of_template("html", content.html, HTML, content),
        *of_template("mjml", content.mjml, HTML, content),
        *of_template("text", content.text or "", TEXT, content),
        *of_addresses(content.text or ""),
        *of_destinations(content),
    ]
    return problems or list(of_body(content))


def of_addresses(text: str) -> Iterator[ContentProblem]:
    """In plain text as in HTML: whose address it is, is the author's choice."""
    for found in HOST_FILLED.finditer(text):
        yield ContentProblem(
            "text", text.count("\n", 0, found.start()) + 1, "write out the host of an address"
        )


def of_destinations(content: EmailContent) -> Iterator[ContentProblem]:
    """Tracked links are the same for everybody."""
    for name in content.links:
        link = content.link(name)
        if link is not None and link.to is not None and TAG.search(str(link.to)):
            yield ContentProblem(
                "links", None, f"{name}: merge tags are not filled in a destination; write it into the body"
            )


def of_template(
    field: str, source: str, environment: MergeEnvironment, content: EmailContent
) -> Iterator[ContentProblem]:
    try:
        template = environment.from_string(source)
    except LiquidError as error:
        yield ContentProblem(field, line_of(error), words_of(error))
        return
    for index, wrong in of_names(template, field, content):
        yield ContentProblem(field, source.count("\n", 0, index) + 1, wrong)


def of_names(template: BoundTemplate, field: str, content: EmailContent) -> Iterator[tuple[int, str]]:
    """Where a template names something that is not there, and what is wrong with it."""
    analysis = template.analyze()
    for name, spans in analysis.filters.items():
        if name not in template.env.filters:
            yield spans[0].index, f"there is no filter {name}"
    for variable in chain.from_iterable(analysis.globals.values()):
        if (wrong := of_variable(variable, field, content)) is not None:
            yield variable.span.index, wrong


def of_variable(variable: Variable, field: str, content: EmailContent) -> str | None:
    """What is wrong with `{{ links.offer }}` and its like, or `None`."""
    root, *path = variable.segments
    if root in BODY_ONLY and field in ("subject", "preheader"):
        return f"{root} belongs into the body"
    if root in ("unsubscribe", "preferences"):
        return None
    if root in FREE:
        return None if path else f"say what of the {root}, such as {FREE[str(root)]}"
    known = names(content).get(str(root))
    if known is None:
        return f"there is no {variable}; merge tags begin with {', '.join(ROOTS)}"
    if not path or not isinstance(path[0], str) or path[0] in known:
        return None
    return f"{variable} names nothing; known: {', '.join(sorted(known)) or 'none'}"


def names(content: EmailContent) -> dict[str, frozenset[str]]:
    return {
        "contact": CONTACT_FIELDS,
        "company": COMPANY_FIELDS,
        "owner": USER_FIELDS,
        "service_contact": USER_FIELDS,
        "links": frozenset(content.links),
        "forms": frozenset(content.forms),
    }


def of_body(content: EmailContent) -> Iterator[ContentProblem]:
    if not content.mjml:
        yield from of_html(content.html)
        return
    dropped = list(unknown_tags(content.mjml))
    for line, tag in dropped:
        yield ContentProblem("mjml", line, f"<{tag}> is no tag of MJML that a mail can use")
    if not dropped:
        yield from of_mjml(content)


def of_mjml(content: EmailContent) -> Iterator[ContentProblem]:
    try:
        html = html_of(content)
    except NoMjml as error:
        yield ContentProblem("mjml", None, f"is no MJML: {error}")
    else:
        yield from (ContentProblem("mjml", None, each.text) for each in of_html(html))


def of_html(html: str) -> Iterator[ContentProblem]:
    if wrong := tangled(html):
        yield ContentProblem("html", None, wrong)
        return
    safe = sanitize(html)
    for piece in safe.lost:
        line = html.count("\n", 0, html.find(piece)) + 1
        yield ContentProblem(
            "html",
            line,
            f"{piece} can't stand here: merge tags may be in text, in whole attribute values but those of `style`, "
            "or behind the author's own https://host/ in an address",
        )
    if safe.sheets and not safe.lost:
        yield ContentProblem(
            "html",
            None,
            "a style sheet loads others, runs something, or has addresses that are none of a picture's",
        )
    if safe.torn:
        yield ContentProblem(
            "html", None, "merge tags and HTML are interwoven in a way that can't be made safe"
        )
