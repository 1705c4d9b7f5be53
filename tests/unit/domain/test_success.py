from typing import Any

from common.domain.conditions import Seen
from common.domain.contact import Contact
from common.domain.flow import Flow
from common.domain.success import state_success
from tests.support.flows import START


def flow(*criteria: dict[str, Any], zone: str = "UTC") -> Flow:
    return Flow.model_validate({"name": "A flow", "timezone": zone, "success": {"criteria": list(criteria)}})


def updated(field: str, value: str, **line: str) -> dict[str, Any]:
    asked = {"field": field, "type": "text", "op": "is", "value": value, **line}
    return {"kind": "contact_updated", "conditions": [asked]}


def test_the_first_criterion_that_the_contact_meets_is_told_with_what_was_seen() -> None:
    document = flow(updated("contact.category", "Customer"), updated("contact.country", "SE"))
    verdict = state_success(document, Contact(id="1", category="Lead", country="SE"), START)
    assert verdict is not None
    assert verdict.holds
    assert verdict.seen == (Seen(field="contact.country", op="is", expected="SE", value="SE", holds=True),)


def test_nothing_is_met_by_another_contact_or_without_criteria() -> None:
    assert state_success(flow(updated("contact.category", "Customer")), Contact(id="1"), START) is None
    assert state_success(flow(), Contact(id="1"), START) is None


def test_criteria_on_events_are_not_met_by_state() -> None:
    document = flow({"kind": "contact_updated"}, {"kind": "order_placed"}, updated("before.category", "Lead"))
    assert state_success(document, Contact(id="1", category="Lead"), START) is None


def test_membership_is_state() -> None:
    document = flow(
        {"kind": "added_to_selection", "selection": "vip"}, {"kind": "added_to_project", "project": "talks"}
    )
    assert state_success(document, Contact(id="1", selections=["staff"], projects=["fair"]), START) is None
    for contact in (Contact(id="1", selections=["staff", "vip"]), Contact(id="1", projects=["talks"])):
        assert state_success(document, contact, START) is not None


def test_days_are_those_of_the_flow_s_zone() -> None:
    on_first = updated("contact.custom.until", "2024-07-01", type="date", op="on")
    contact = Contact(id="1", custom={"until": "2024-06-30T22:30:00Z"})
    assert state_success(flow(on_first), contact, START) is None
    assert state_success(flow(on_first, zone="Europe/Berlin"), contact, START) is not None
