"""Flows, contacts and participants for tests, told in the words of the field."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from common.domain.chart import used_contents
from common.domain.contact import E_MARKETING, Consent, Contact, LegalBasis
from common.domain.flow import Flow, FlowVersion, StoredFlow
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant
from common.domain.reasons import FlowState

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon: the moment at which things begin."""

CONTENT_VERSION = 7
"""The version in which every content of a test's flow is frozen."""


def line(field: str, op: str, value: Any = None, kind: str = "text") -> dict[str, Any]:
    """One line of a condition."""
    return {"type": kind, "field": field, "op": op, "value": value}


def country_is(*countries: str) -> list[dict[str, Any]]:
    return [line("contact.country", "one_of", list(countries), "list")]


class Path:
    """Steps one behind the other. An id that is not given is made of the prefix, the kind and a number."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.steps: list[dict[str, Any]] = []

    def step(self, kind: str, step_id: str | None = None, **fields: Any) -> Self:
        name = step_id or f"{self.prefix}{kind}-{len(self.steps) + 1}"
        self.steps.append({"kind": kind, "id": name, **fields})
        return self

    def wait(self, step_id: str | None = None, **length: Any) -> Self:
        return self.step("wait_time", step_id, **length)

    def mail(self, content: str, step_id: str | None = None, **fields: Any) -> Self:
        return self.step("send_email", step_id or f"{self.prefix}{content}", content=content, **fields)

    def wait_for(self, *actions: Mapping[str, Any], step_id: str | None = None, **fields: Any) -> Self:
        return self.step("wait_for_action", step_id, actions=list(actions), **fields)

    def update(self, step_id: str | None = None, clear: Collection[str] = (), **fields: Any) -> Self:
        return self.step("update_contact", step_id, set=fields, clear=list(clear))

    def add_to(self, selection: str, step_id: str | None = None) -> Self:
        return self.step("add_to_selection", step_id, selection=selection)

    def remove_from(self, selection: str, step_id: str | None = None) -> Self:
        return self.step("remove_from_selection", step_id, selection=selection)

    def exit(self, step_id: str | None = None, **settings: Any) -> Self:
        return self.step("exit", step_id, exit=settings)

    def split(
        self,
        branches: Mapping[str, tuple[Any, "Path"]],
        otherwise: "Path | None" = None,
        leaving: Mapping[str, Any] | None = None,
        step_id: str | None = None,
    ) -> Self:
        """Branches by name: (condition, steps). `leaving`: everyone else leaves with these settings."""
        told = [{"name": name, "when": when, "steps": path.steps} for name, (when, path) in branches.items()]
        rest = {"steps": otherwise.steps if otherwise else [], "exit": leaving}
        return self.step("split", step_id, branches=told, otherwise=rest)

    def split_by(
        self,
        basis: str,
        *branches: Mapping[str, Any],
        leaving: Mapping[str, Any] | None = None,
        step_id: str = "split",
        **fields: Any,
    ) -> Self:
        """A split of another basis; a branch is told by its fields and a mail of its name."""
        told = [{**branch, "steps": self._mail_to(branch["name"])} for branch in branches]
        rest = {"exit": leaving} if leaving is not None else {"steps": self._mail_to("rest")}
        return self.step(basis, step_id, otherwise=rest, **({"branches": told} if told else {}), **fields)

    def _mail_to(self, name: str) -> list[dict[str, Any]]:
        return a_path().mail(name).steps


class FlowBuilder(Path):
    """A flow under construction."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {
            "name": name,
            "triggers": [{"kind": "order_placed"}],
            "email": {"from_address": "news@example.org"},
        }

    def triggered_by(self, *triggers: Mapping[str, Any]) -> Self:
        return self.having(triggers=list(triggers))

    def filtered(self, *lines: Any) -> Self:
        return self.having(filter=list(lines))

    def excluding(self, *selections: str) -> Self:
        return self.having(exclusion_lists=list(selections))

    def once_only(self) -> Self:
        return self.having(once_only=True)

    def succeeding_by(self, *criteria: Mapping[str, Any], move_to_finish: bool = True) -> Self:
        return self.having(success={"criteria": list(criteria), "move_to_finish": move_to_finish})

    def going_on_to(self, *, on_success: str | None = None, otherwise: str | None = None) -> Self:
        return self.having(finish={"on_success": on_success, "otherwise": otherwise})

    def mailing(self, **settings: Any) -> Self:
        return self.having(email={"from_address": "news@example.org", **settings})

    def having(self, **fields: Any) -> Self:
        self.fields |= fields
        return self

    def build(self) -> Flow:
        return Flow.model_validate({**self.fields, "steps": self.steps})

    def open(self, **changes: Any) -> OpenFlow:
        return an_open_flow(self.build(), **changes)

    def stored(self, state: FlowState = FlowState.NOT_RUNNING) -> StoredFlow:
        return StoredFlow(id="test", state=state, draft=self.build(), created_at=START, updated_at=START)


def a_path(prefix: str = "") -> Path:
    return Path(prefix)


def a_flow(name: str = "Test") -> FlowBuilder:
    """A flow that orders start and that may send mail; without steps until some are added."""
    return FlowBuilder(name)


def an_open_flow(
    document: Flow,
    *,
    flow_id: str = "test",
    state: FlowState = FlowState.RUNNING,
    run: int = 1,
    version: int = 1,
) -> OpenFlow:
    """The document, frozen and open."""
    contents = dict.fromkeys(used_contents(document), CONTENT_VERSION)
    frozen = FlowVersion(flow=flow_id, version=version, document=document, contents=contents, frozen_at=START)
    return OpenFlow(id=flow_id, state=state, run=run, version=frozen)


def a_contact(contact_id: str = "1", **fields: Any) -> Contact:
    """Someone who may be mailed, in Germany, unless told otherwise."""
    usual = {
        "id": contact_id,
        "email": f"contact-{contact_id}@example.org",
        "country": "DE",
        "consents": {E_MARKETING: Consent(basis=LegalBasis.CONSENT)},
    }
    return Contact.model_validate(usual | fields)


def a_participant(flow: OpenFlow, contact: Contact | None = None, **fields: Any) -> Participant:
    """Just enrolled: in the queue."""
    usual = {
        "id": "p1",
        "flow": flow.id,
        "run": flow.run,
        "version": flow.version.version,
        "contact": contact.id if contact else "1",
        "partition": 0,
        "enrolled_at": START,
        "cause": "enrolling-record",
        "since": START,
    }
    return Participant.model_validate(usual | fields)


CLICK = {"kind": "link_clicked", "link": "offer"}
CLICK_SLOT = "link_clicked:offer"
FORM = {"kind": "form_submitted", "form": "rsvp"}
FORM_SLOT = "form_submitted:rsvp"
IS_CUSTOMER = {
    "kind": "contact_updated",
    "conditions": [line("contact.category", "is", "Customer")],
}
"""A success criterion on state."""
