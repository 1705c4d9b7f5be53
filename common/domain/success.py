"""Criteria on state: success that a contact has by what it is, whatever happened (domain.md §5, §7)."""

from datetime import datetime

from common.domain.conditions import Verdict, fields, judge
from common.domain.contact import Contact
from common.domain.facts import collect
from common.domain.flow import Flow


def state_success(document: Flow, contact: Contact, now: datetime) -> Verdict | None:
    """The verdict of the first criterion on state that the contact meets, `None` when it meets none."""
    for criterion in document.success.criteria:
        if (asked := criterion.state) is not None:
            verdict = judge(asked, collect(fields(asked), contact), now, document.asker)
            if verdict.holds:
                return verdict
    return None
