"""What processing a submission does: events about its contact in their order, and mails."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from common.domain.content_action import Respond, patch_of, raised_by, wanted_by
from common.domain.event import ACT_WANTED, CONTACT_CREATED, CONTACT_UPDATED, FORM_SUBMITTED
from common.domain.forms.element import Taken
from common.domain.forms.form import Form
from common.domain.forms.submission import Submission
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.patch import merged


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be archived under `id`, which follows from what it is about. `once`: it may be there already, and
    is left out then."""

    id: str
    type: str
    data: Mapping[str, Any]
    once: bool = False


def created_id(contact: str) -> str:
    """The id of the event that creates a contact from a form: one for each, whichever form comes first."""
    return digest("created by form", contact)


def events(
    form: Form, submission: Submission, contact: str, *, new: bool, company: Mapping[str, Any], now: Instant
) -> list[Event]:
    """The contact's data first, so that whatever hears of the form sees it; the form's own event last.

    `company`: what is known of the company that was named, and is taken over.
    """
    told = list(_told(form, submission, contact, new=new, company=company, now=now))
    return [
        Event(created_id(contact) if kind == CONTACT_CREATED else digest(submission.id, str(n)), kind, data)
        for n, (kind, data) in enumerate(told[:-1])
    ] + [*_wanted(form, submission, contact), Event(digest(submission.id, str(len(told) - 1)), *told[-1])]


def _wanted(form: Form, submission: Submission, contact: str) -> Iterator[Event]:
    """What is wanted only once for each contact has an id that knows no submission."""
    about = form_data(submission)
    for number, want in enumerate(wanted_by(form.actions)):
        if want.each_time:
            key = digest("wanted", submission.id, str(number))
            yield Event(key, ACT_WANTED, {**about, **want.data()})
        else:
            key = digest("wanted once", contact, submission.form, str(number))
            yield Event(key, ACT_WANTED, {**about, **want.data()}, once=True)


def _told(
    form: Form, submission: Submission, contact: str, *, new: bool, company: Mapping[str, Any], now: Instant
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    patch = changes(form, submission, company, now)
    if new:
        yield CONTACT_CREATED, for_new_people(form, patch)
    elif patch:
        yield CONTACT_UPDATED, patch
    about = form_data(submission)
    for raised in raised_by(form.actions):
        yield raised.type, {**about, **raised.data}
    yield FORM_SUBMITTED, about


def changes(form: Form, submission: Submission, company: Mapping[str, Any], now: Instant) -> dict[str, Any]:
    """What answers and actions change of the contact."""
    taken = Taken(submission.form, submission.confirmed_at or submission.received_at)
    patch: dict[str, Any] = {"company": dict(company)} if company else {}
    for element in form.elements:
        if element.asks and element.id in submission.answers:
            merged(patch, deepcopy(dict(element.means(submission.answers[element.id], taken))))
    return merged(patch, patch_of(form.actions))


def for_new_people(form: Form, patch: Mapping[str, Any]) -> dict[str, Any]:
    """With the categories that the form gives where nobody was asked for them."""
    data = dict(patch)
    if form.new_people.category:
        data.setdefault("category", form.new_people.category)
    if form.new_people.business and "company" in data:
        data["company"] = {"category": form.new_people.business, **data["company"]}
    return data


def form_data(submission: Submission) -> dict[str, Any]:
    """The data of the event that tells of a submission."""
    return {
        **submission.origin,
        "form": submission.form,
        "fields": dict(submission.answers),
        "submission": submission.id,
    }


def responses(form: Form) -> list[Respond]:
    return [each for action in form.actions for each in action.does() if isinstance(each, Respond)]
