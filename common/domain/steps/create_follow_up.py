"""Create a follow-up in the CRM: a task or a meeting of one of ours with the contact."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from common.domain.after import After, morning
from common.domain.crm_act import Listed, NewFollowUp, Text, Title, Whom
from common.domain.diary import LONGEST
from common.domain.outcomes import Outcome, Perform
from common.domain.steps.step import Scene, Step, steps
from common.domain.user import UserId


class Nature(StrEnum):
    TASK = "task"
    MEETING = "meeting"


@steps.register
class CreateFollowUp(Step):
    """Plans it and goes on at once. A task is due today, or `after` so long; a meeting is at the first time at which
    whoever it is assigned to is free, from now on or `after` so long. `type` is an entry of the CRM's list, whose
    `nature` the step tells. `subject` and `agenda` (HTML) may hold merge tags."""

    kind: Literal["create_follow_up"] = "create_follow_up"
    subject: Title = ""
    type: Listed | None = None
    nature: Nature = Nature.TASK
    after: After | None = None
    minutes: Annotated[int, Field(ge=5, le=LONGEST)] = 30
    free: bool = False
    project: Listed | None = None
    assign_to: Whom = Whom.OUR_CONTACT
    user: UserId | None = None
    agenda: Text = ""

    def arrive(self, scene: Scene) -> Outcome:
        zone = ZoneInfo(scene.chart.zone)
        begins = self.after.moment(scene.now, zone) if self.after else scene.now
        meeting = self.nature is Nature.MEETING
        planned = NewFollowUp(
            title=self.subject,
            meeting=meeting,
            begins=begins if meeting else morning(begins, zone),
            zone=scene.chart.zone,
            owner=self.assign_to.of(scene.contact, self.user),
            **self.model_dump(include={"type", "minutes", "free", "project", "agenda"}),
        )
        why = {"act": planned.kind, "owner": planned.owner}
        return Perform(acts=(planned.planned(),), step=scene.onward(self), why=why)

    def users_named(self) -> Sequence[tuple[str, str]]:
        return (("user", self.user),) if self.user else ()

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("agenda", self.agenda))

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.subject.strip():
            yield "subject", "say what is to be done"
        if self.after:
            yield from self.after.problems("after")
        yield from self.assign_to.problems(self.user)
