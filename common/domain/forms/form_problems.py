"""What is wrong with a form: each with the element or action that it belongs to."""

from collections import Counter
from collections.abc import Collection, Iterator

from common.domain.complaints import Complaint, Path
from common.domain.content_action import Lint, Respond, no_complaint, problems_of
from common.domain.forms.form import MOST_ELEMENTS, Form
from common.domain.sender_domains import ANY_DOMAIN, Approved


def problems(
    form: Form,
    selections: Collection[str],
    approved: Approved = ANY_DOMAIN,
    lint: Lint = no_complaint,
    projects: Collection[str] | None = None,
) -> list[Complaint]:
    """Every problem; empty: it may be saved. `selections` and `projects`: those that there are; `approved`: where
    mail may come from; `lint`: what is wrong with the merge tags of a text."""
    actions = (
        Complaint(("actions", index, field), detail)
        for index, field, detail in problems_of(form.actions, selections, lint, projects)
    )
    found = [*_of_elements(form), *actions, *_of_mail(form)]
    if form.sender is not None and not approved.allows(form.sender.address):
        found.append(Complaint(("sender", "address"), approved.complaint(form.sender.address)))
    return found


def _of_elements(form: Form) -> Iterator[Complaint]:
    used = Counter(each.id for each in form.elements)
    if used.total() > MOST_ELEMENTS:
        yield Complaint(("pages",), f"has {used.total()} elements; a form may have {MOST_ELEMENTS}")
    for number, page in enumerate(form.pages):
        for index, element in enumerate(page.elements):
            at: Path = ("pages", number, "elements", index)
            for field, detail in element.problems():
                yield Complaint((*at, field), f"of {element.id!r}: {detail}")
            if used[element.id] > 1:
                yield Complaint((*at, "id"), f"{element.id!r} names {used[element.id]} elements")
            if element.uploads and number < len(form.pages) - 1:
                yield Complaint(at, f"{element.id!r}: uploads belong on the last page, which is sent at once")
    yield from _more_than_one(form)


def _more_than_one(form: Form) -> Iterator[Complaint]:
    if sum(each.address for each in form.elements) > 1:
        yield Complaint(("pages",), "asks for the e-mail address more than once")
    if sum(each.puzzle for each in form.elements) > 1:
        yield Complaint(("pages",), "has more than one captcha")
    if form.puzzle is not None and form.puzzle not in form.pages[-1].elements:
        yield Complaint(("pages",), f"{form.puzzle.id!r}: the captcha belongs on the last page")


def _of_mail(form: Form) -> Iterator[Complaint]:
    responds = any(isinstance(each, Respond) for action in form.actions for each in action.does())
    address = form.address_element
    if (responds or form.double_opt_in) and form.sender is None:
        yield Complaint(("sender",), "is required: this form sends mail")
    if (responds or form.double_opt_in) and address is None:
        yield Complaint(("pages",), "needs a contact_field for email: this form sends mail")
    if form.double_opt_in and address is not None and not address.needed:
        yield Complaint(("double_opt_in",), f"needs an address to write to: make {address.id!r} required")
