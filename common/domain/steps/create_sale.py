"""Create a sale of the contact in the CRM."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from common.domain.after import After
from common.domain.crm_act import Currency, Listed, NewSale, Text, Title, Whom
from common.domain.outcomes import Outcome, Perform
from common.domain.steps.step import Scene, Step, steps
from common.domain.user import UserId


@steps.register
class CreateSale(Step):
    """Plans it and goes on at once. Its date is `after` so long, else the one that goes with its type. `subject` and
    `description` may hold merge tags; `type`, `stage` and `project` are the CRM's."""

    kind: Literal["create_sale"] = "create_sale"
    subject: Title = ""
    type: Listed | None = None
    stage: Listed | None = None
    amount: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] | None = None
    currency: Currency | None = None
    description: Text = ""
    project: Listed | None = None
    after: After | None = None
    owner: Whom = Whom.OUR_CONTACT
    user: UserId | None = None

    def arrive(self, scene: Scene) -> Outcome:
        zone = ZoneInfo(scene.chart.zone)
        sale = NewSale(
            title=self.subject,
            date=self.after.moment(scene.now, zone) if self.after else None,
            owner=self.owner.of(scene.contact, self.user),
            **self.model_dump(include={"type", "stage", "amount", "currency", "description", "project"}),
        )
        why = {"act": sale.kind, "owner": sale.owner}
        return Perform(acts=(sale.planned(),), step=scene.onward(self), why=why)

    def users_named(self) -> Sequence[tuple[str, str]]:
        return (("user", self.user),) if self.user else ()

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("description", self.description))

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.subject.strip():
            yield "subject", "say what is to be sold"
        if self.amount is not None and self.currency is None:
            yield "currency", "say in which currency the amount is"
        if self.after:
            yield from self.after.problems("after")
        yield from self.owner.problems(self.user)
