"""Merge tags outside of mails: in text messages, in bodies of calls, in whatever else a step says in words."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from common.adapters.mail.linting import COMPANY_FIELDS, CONTACT_FIELDS, FREE, USER_FIELDS
from common.adapters.mail.merge_tags import HTML, TEXT, words_of
from common.adapters.mail.rendering import values_of
from common.adapters.mail.sanitizing import sanitize
from common.domain.colleague import NOBODY, Ours
from common.domain.contact import Contact
from common.ports import Unsendable

FIELDS = {
    "contact": CONTACT_FIELDS,
    "company": COMPANY_FIELDS,
    "owner": USER_FIELDS,
    "service_contact": USER_FIELDS,
}

compiled = lru_cache(500)(TEXT.from_string)


@lru_cache(200)
def compiled_page(html: str) -> BoundTemplate:
    safe = sanitize(html)
    if safe.torn:
        raise Unsendable("the text's merge tags and HTML can't be made safe")
    return HTML.from_string(safe.html)


def fill(text: str, contact: Contact, ours: Ours = NOBODY) -> str:
    """With values in place of the merge tags; raises `Unsendable` where that fails."""
    try:
        return str(compiled(text).render(values_of(contact, ours)))
    except LiquidError as error:
        raise Unsendable(f"the text's merge tags fail: {words_of(error)}") from error


def fill_page(html: str, contact: Contact, ours: Ours = NOBODY) -> str:
    """The same in an author's HTML, which is made safe; values are escaped."""
    try:
        return str(compiled_page(html).render(values_of(contact, ours)))
    except LiquidError as error:
        raise Unsendable(f"the text's merge tags fail: {words_of(error)}") from error


def fill_all(document: Any, contact: Contact, ours: Ours = NOBODY) -> Any:
    """The same for every text inside a JSON document; its names and its shape stay as they are."""
    match document:
        case str():
            return fill(document, contact, ours)
        case Mapping():
            return {name: fill_all(inner, contact, ours) for name, inner in document.items()}
        case list():
            return [fill_all(inner, contact, ours) for inner in document]
        case _:
            return document


def lint_text(text: str) -> Iterator[str]:
    """What is wrong with a text's merge tags."""
    try:
        template = compiled(text)
    except LiquidError as error:
        yield words_of(error)
        return
    yield from of_names(template)


def of_names(template: BoundTemplate) -> Iterator[str]:
    """What a template names that is not there."""
    analysis = template.analyze()
    for name in analysis.filters:
        if name not in template.env.filters:
            yield f"there is no filter {name}"
    for variable in chain.from_iterable(analysis.globals.values()):
        root, *path = variable.segments
        known = FIELDS.get(str(root))
        if root in FREE:
            if not path:
                yield f"say what of the {root}, such as {FREE[str(root)]}"
        elif known is None:
            yield f"there is no {variable}; merge tags begin with {', '.join([*FIELDS, *FREE])}"
        elif path and isinstance(path[0], str) and path[0] not in known:
            yield f"{variable} names nothing; known: {', '.join(sorted(known))}"
