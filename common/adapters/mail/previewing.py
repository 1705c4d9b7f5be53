"""A content as it would be mailed to a contact, without a mail: its addresses belong to no effect, so that nothing
that is done with it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liquid.exceptions import LiquidError

from common.adapters.mail.merge_tags import Empty, HtmlEnvironment, MergeEnvironment, watched, words_of
from common.adapters.mail.mime import one_line
from common.adapters.mail.rendering import SUBJECT, Filled, compile_content, values_of
from common.domain.analytics import Analytics, tagged
from common.domain.colleague import Ours
from common.domain.contact import Contact
from common.domain.content import EmailContent
from common.ports import Unsendable

HINTS = {
    "event": "give it in `event`; whoever is enrolled by an event without it gets nothing either",
    "fields": "give it in `fields`; whoever has not submitted it gets nothing either",
    "owner": "the contact's owner is not known, or lacks it",
    "service_contact": "the contact's service contact is not known, or lacks it",
    "company": "the contact has no company, or the company lacks it",
    "contact": "the contact lacks it",
}
"""Why a merge tag may stay empty, by what it begins with."""

UNSUBSCRIBE = "#unsubscribe"
PREFERENCES = "#preferences"
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "img-src https: http: data: cid:; form-action 'none'; base-uri 'none'\">"
)
"""Holds wherever the page is shown: nothing in it runs, sends or loads more than pictures."""


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A merge tag in this field of the content that put out nothing."""

    field: str
    tag: str

    def detail(self, hints: Mapping[str, str] = HINTS) -> str:
        """What is missing, and what to do about it."""
        hint = next((text for root, text in hints.items() if self.tag.startswith(f"{root}.")), "it is empty")
        return f'{{{{ {self.tag} }}}} stays empty: {hint}. A fall-back: `| default: "…"`'


@dataclass(frozen=True, slots=True)
class Previewed:
    filled: Filled
    unfilled: tuple[Unfilled, ...]


def preview(
    content: EmailContent,
    contact: Contact,
    ours: Ours,
    *,
    analytics: Analytics | None = None,
    marketing: bool = True,
    subject: str | None = None,
) -> Previewed:
    """`subject`: that of the step, which goes before the content's own. Raises `Unsendable` where the mail would not
    go out, either."""
    empty: Empty = {}
    values = values_of(contact, ours) | addresses_in(content, analytics)
    try:
        in_text = watched(MergeEnvironment(), empty)
        compiled = compile_content(
            content, analytics, in_html=watched(HtmlEnvironment(), empty), in_text=in_text
        )
        own = in_text.from_string(subject, name=SUBJECT) if subject else None
        filled = compiled.fill(values, marketing=marketing, subject=own)
    except LiquidError as error:
        raise Unsendable(words_of(error)) from error
    shown = Filled(one_line(filled.subject), one_line(filled.preheader), shut_in(filled.html), filled.text)
    return Previewed(shown, tuple(Unfilled(field, tag) for field, tag in empty))


def shut_in(page: str) -> str:
    return page.replace("<head>\n", f"<head>\n{POLICY}\n", 1)


def addresses_in(content: EmailContent, analytics: Analytics | None) -> dict[str, Any]:
    """Tracked links lead straight to their destination; what would act for the contact leads nowhere."""
    return {
        "links": dict(destinations(content, analytics)),
        "forms": {name: f"#form-{name}" for name in content.forms},
        "unsubscribe": UNSUBSCRIBE,
        "preferences": PREFERENCES,
    }


def destinations(content: EmailContent, analytics: Analytics | None) -> Iterator[tuple[str, str]]:
    for name in content.links:
        link = content.link(name)
        yield name, tagged(str(link.to), analytics) if link and link.to else f"#link-{name}"
