"""A bulk enrolment: everybody on a selection suggested for a flow, partition by partition, in the order of ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from common.domain.contact import Contact
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.model import Model, Slug
from common.domain.selection import Selection

CHUNK = 499
"""People suggested in one turn: with the record that asks for the next turn they fill one ticket."""


class BulkState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"
    """Everybody was suggested, and decided on."""
    FLOW_ENDED = "flow_ended"
    """Stopped before everybody was suggested: the flow takes no participants any more."""


WAYS_BACK: Mapping[BulkState, frozenset[BulkState]] = {
    BulkState.PAUSED: frozenset({BulkState.RUNNING, BulkState.PAUSED}),
    BulkState.RUNNING: frozenset({BulkState.RUNNING, BulkState.PAUSED}),
    BulkState.CANCELLED: frozenset({BulkState.RUNNING, BulkState.PAUSED, BulkState.CANCELLED}),
}
"""By the state that is asked for, those from which it can be reached."""


class BulkEnrolment(Model):
    """What was asked for, and whether it goes on. `selection` is kept as it was then: a search that is changed
    later changes nothing here, and is asked as of `started_at`.

    `chain` rises with each pause, resume and cancellation: a turn that belongs to an earlier one is void. `total`:
    how many were on the selection at the start, `None` when that took too long to find out.
    """

    v: int = 1
    id: str
    flow: Slug
    run: int
    selection: Selection
    by: str
    started_at: Instant
    state: BulkState = BulkState.RUNNING
    chain: int = 1
    total: int | None = None


def bulk_id(name: str) -> str:
    """One for each name that a client, or a schedule, gives."""
    return digest("bulk", name)


@dataclass(frozen=True, slots=True)
class Share:
    """One partition's part of a bulk enrolment. `after`: the last contact that it has got to."""

    bulk: BulkEnrolment
    partition: int
    after: str
    done: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next people on a selection, with the fields that were asked for; `after` is the place behind them."""

    contacts: Sequence[Contact]
    after: str
    more: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How far it has got: people suggested, enrolled, and refused by reason."""

    suggested: int = 0
    enrolled: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    done: bool = False
    closed: bool = False


def state_of(bulk: BulkEnrolment, tally: Tally) -> BulkState:
    if tally.done:
        return BulkState.FLOW_ENDED if tally.closed else BulkState.DONE
    return bulk.state
