"""Whether a suggested contact becomes a participant (domain.md §4)."""

from dataclasses import dataclass
from datetime import datetime

from common.domain.conditions import Seen
from common.domain.event import LOOP_DEPTH
from common.domain.ids import participant_id
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant
from common.domain.reasons import Refusal


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact suggested for a flow.

    `run` is that of the flow when it was suggested; `cause` the record that suggested it, `depth` how many flows
    deep that is.
    """

    contact: str
    partition: int
    flow: str
    run: int
    cause: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What the contact has had to do with the flow: is it inside, did this very record end its passage there,
    was it ever inside before."""

    inside: bool = False
    just_left: bool = False
    before: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the filter service found; `refusal` is `None` for those whom filter and exclusion lists let in."""

    refusal: Refusal | None = None
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrol:
    """The new participant stands in the queue; `advance.begin` takes it on."""

    participant: Participant
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not enrolled, for the first reason that applies."""

    reason: Refusal
    seen: tuple[Seen, ...] = ()


Admission = Enrol | Refuse


def admit(
    candidate: Candidate, flow: OpenFlow | None, history: History, ruling: Ruling, now: datetime
) -> Admission:
    """Enrol or refuse. `flow` is the flow as it stands, `None` when it is not open. One that can't be read lets
    nobody in."""
    if candidate.depth >= LOOP_DEPTH:
        return Refuse(Refusal.LOOP)
    if flow is None or flow.unreadable or flow.run != candidate.run:
        return Refuse(Refusal.FLOW_CLOSED)
    if flow.document.enrols_until is not None and now >= flow.document.enrols_until:
        return Refuse(Refusal.ENROLMENT_ENDED)
    if history.inside or history.just_left:
        return Refuse(Refusal.ALREADY_IN_FLOW)
    if flow.document.once_only and history.before:
        return Refuse(Refusal.ONCE_ONLY)
    if ruling.refusal:
        return Refuse(ruling.refusal, ruling.seen)
    return Enrol(_participant(candidate, flow, now), ruling.seen)


def _participant(candidate: Candidate, flow: OpenFlow, now: datetime) -> Participant:
    return Participant(
        id=participant_id(candidate.contact, candidate.flow, candidate.cause),
        flow=candidate.flow,
        run=candidate.run,
        version=flow.version.version,
        contact=candidate.contact,
        partition=candidate.partition,
        enrolled_at=now,
        since=now,
        cause=candidate.cause,
        depth=candidate.depth,
    )
