"""What the mails of a form are made of: to whom, and what their merge tags stand for."""

import json
from collections.abc import Mapping
from typing import Any

from common.domain.forms.form import Form, Sender
from common.domain.forms.submission import Submission
from common.domain.letter import TO


def address_of(form: Form, submission: Submission) -> str:
    element = form.address_element
    return str(submission.answers[element.id]) if element else ""


def company_name(form: Form, submission: Submission) -> str | None:
    """What was written into the field for the company's name."""
    for element in form.elements:
        if element.kind == "company_field" and getattr(element, "field", "") == "name":
            return str(submission.answers.get(element.id, "")) or None
    return None


def values(form: Form, submission: Submission) -> dict[str, Any]:
    """What merge tags of the form's mails stand for: the answers, and those that are fields of the contact."""
    contact = {
        getattr(element, "field", ""): submission.answers[element.id]
        for element in form.elements
        if element.kind == "contact_field" and element.id in submission.answers
    }
    return {"contact": contact, "fields": dict(submission.answers), "form": {"name": form.name}}


def envelope(sender: Sender, to: str, subject: str, text: str, told: Mapping[str, Any]) -> dict[str, str]:
    return {
        TO: to,
        "from_name": sender.name,
        "from_address": sender.address,
        "subject": subject,
        "text": text,
        "values": json.dumps(told),
    }
