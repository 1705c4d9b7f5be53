"""One participant's way through a flow, driven by a test, with all that came of it kept."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from common.domain import advance, life_cycle
from common.domain.caps import Cap
from common.domain.chart import used_contents
from common.domain.conditions import Verdict
from common.domain.contact import Contact
from common.domain.decision import Entry
from common.domain.effect import Effect
from common.domain.flow import Flow, StoredFlow
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant, Slot
from common.domain.progress import Progress, Raised, Suggested
from common.domain.reasons import FlowState
from common.domain.staff import NO_STAFF, Staff
from tests.support.flows import CONTENT_VERSION, START, a_contact, a_participant, an_open_flow


class Passage:
    """`now` is the time at which the next thing happens."""

    def __init__(
        self,
        flow: OpenFlow,
        contact: Contact | None = None,
        blocked: Collection[str] = (),
        staff: Staff = NO_STAFF,
    ) -> None:
        self.flow = flow
        self.contact = contact or a_contact()
        self.participant: Participant = a_participant(flow, self.contact)
        self.now = START
        self.blocked = blocked
        self.staff = staff
        self.caps: Sequence[Cap] = ()
        self.last = Progress(participant=self.participant, contact=self.contact)
        self.effects: list[Effect] = []
        self.raised: list[Raised] = []
        self.suggested: list[Suggested] = []
        self.entries: list[Entry] = []

    @property
    def did(self) -> list[str]:
        return [entry.did for entry in self.entries]

    @property
    def contents(self) -> list[str]:
        """The contents of the mails planned, in order."""
        return [effect.content for effect in self.effects]

    def at(self, moment: datetime) -> Self:
        self.now = moment
        return self

    def capped(self, *caps: Cap) -> Self:
        self.caps = caps
        return self

    def after(self, **length: float) -> Self:
        return self.at(self.now + timedelta(**length))

    def changed(self, **fields: object) -> Self:
        """The contact changed without anybody telling the flow."""
        self.contact = self.contact.but(**fields)
        return self

    def begin(self, met: Verdict | None = None) -> Self:
        return self._took(advance.begin(*self._situation(), met=met, caps=self.caps, staff=self.staff))

    def fire(self) -> Self:
        """Its timer, at the time at which it is due if that is later than now."""
        due = self.participant.due
        if due is not None:
            self.now = max(self.now, due)
        return self._took(advance.fire(*self._situation(), caps=self.caps, staff=self.staff))

    def hear(self, slot: str, record: str = "heard-record", **data: Any) -> Self:
        told = Slot(at=self.now, record=record, data=data)
        return self._took(advance.hear(*self._situation(), slot, told, caps=self.caps, staff=self.staff))

    def succeed(self) -> Self:
        return self._took(
            advance.succeed(*self._situation(), Verdict(holds=True), caps=self.caps, staff=self.staff)
        )

    def pause(self) -> Self:
        return self._in_state(FlowState.PAUSED, self.flow.version.version)

    def resume(self) -> Self:
        """The flow is resumed, and then the participant."""
        return self.reopen().caught_up()

    def edited(self, flow: Flow) -> Self:
        """The paused flow is resumed as it is written here, and then the participant."""
        return self.reopened(flow).caught_up()

    def reopened(self, flow: Flow) -> Self:
        """The same; the participant has not heard of it yet."""
        before = self.flow.version
        stored = StoredFlow(
            id=self.flow.id, version=before.version + 1, draft=flow, created_at=START, updated_at=START
        )
        contents = dict.fromkeys(used_contents(flow), CONTENT_VERSION)
        frozen = life_cycle.freeze(stored, contents, self.now, before)
        self.flow = OpenFlow(id=self.flow.id, state=FlowState.RUNNING, run=self.flow.run, version=frozen)
        return self

    def reopen(self) -> Self:
        """The flow is resumed, and the participant has not heard of it yet."""
        return self._in_state(FlowState.RUNNING, self.flow.version.version + 1)

    def caught_up(self) -> Self:
        return self._took(advance.resume(*self._situation(), caps=self.caps, staff=self.staff))

    def _situation(self) -> tuple[Participant, Contact, OpenFlow, datetime, Collection[str]]:
        return self.participant, self.contact, self.flow, self.now, self.blocked

    def _in_state(self, state: FlowState, version: int) -> Self:
        self.flow = an_open_flow(self.flow.document, state=state, version=version)
        return self

    def _took(self, progress: Progress) -> Self:
        self.last = progress
        self.participant, self.contact = progress.participant, progress.contact
        self.effects += progress.effects
        self.raised += progress.raised
        self.suggested += progress.suggested
        self.entries += progress.entries
        return self
