"""What travels: one event or operation about one contact, with what each service found (architecture.md §1)."""

from typing import Any

from pydantic import Field

from common.domain.conditions import Seen
from common.domain.facts import Facts
from common.domain.instant import Instant
from common.domain.model import Model


class Suggestion(Model):
    """A contact proposed for one flow. `by` names the trigger, or who asked."""

    flow: str
    version: int
    run: int
    by: str
    seen: tuple[Seen, ...] = ()


class Finding(Model):
    """What one service found about one flow: the verdict, and the lines with the values that decided it.

    `by` names the criterion, the filter or the exclusion list.
    """

    flow: str
    version: int
    run: int
    holds: bool
    by: str
    seen: tuple[Seen, ...] = ()


class Concern(Model):
    """A flow whose success criteria hear this kind of event, in the version whose facts are on the record."""

    flow: str
    version: int
    run: int


class Heard(Model):
    """An action that waits of a flow listen for, and under which slot a participant keeps it."""

    flow: str
    run: int
    slot: str


class Findings(Model):
    """`criteria`: met by this event; `states`: met already by a suggested contact; `filters`: who may enter.

    `filters` holds one row a suggestion; where it does not hold, `by` is a value of `Refusal`.
    """

    criteria: tuple[Finding, ...] = ()
    states: tuple[Finding, ...] = ()
    filters: tuple[Finding, ...] = ()


class Record(Model):
    """One event or operation on the road.

    `id` is the archive's; `time` is business time at archiving, `sent_at` the sender's own (data, nothing more).
    `before` keeps previous values of the contact's fields that it `changed`, `facts` what open flows' conditions
    name.
    `cause` is the record that a flow was moved by when it raised this one, `depth` how many flows deep.
    `also` are further ids under which the same event may come again.
    """

    v: int = 1
    id: str
    type: str
    source: str
    contact: str | None = None
    time: Instant
    sent_at: Instant | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    before: dict[str, Any] = Field(default_factory=dict)
    changed: tuple[str, ...] = ()
    facts: Facts = Field(default_factory=dict)
    size: int = 0
    """Bytes of the JSON that it came as, so that frames can be cut without encoding it again."""
    applied: bool = False
    """The contact already carries the change (a flow made it)."""
    cause: str | None = None
    trace: str | None = None
    """The W3C `traceparent` of the request that it came with, where that is traced."""
    depth: int = 0
    also: tuple[str, ...] = ()
    again: bool = False
    """A person has it taken up again: what a flow has decided on it already stays decided."""
    suggestions: tuple[Suggestion, ...] = ()
    concerns: tuple[Concern, ...] = ()
    heard: tuple[Heard, ...] = ()
    findings: Findings = Findings()
