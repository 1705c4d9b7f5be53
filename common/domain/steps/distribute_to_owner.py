"""Give the contact an owner: one of several people of ours."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from common.domain.contact import ContactData
from common.domain.crm_act import Text, Title
from common.domain.event import CONTACT_UPDATED
from common.domain.outcomes import Act, ChangeContact, GoTo, Outcome, Perform, PlanCall, TakeTurn
from common.domain.staff import Named, whose_turn
from common.domain.steps.notify_by_email import NOTIFY_EMAIL
from common.domain.steps.step import Scene, Step, steps
from common.domain.user import UserId

MOST_PEOPLE = 200


@steps.register
class DistributeToOwner(Step):
    """Evenly, one after the other, over those of `users`, and of the `groups`, who are available; to `fall_back` when
    nobody is.

    Who belongs to somebody already keeps its owner, unless `only_if_unassigned` is off. The contact is changed at
    once, and the new owner is told by mail, unless `notify` is off. `subject` and `text` may hold
    merge tags.
    """

    kind: Literal["distribute_to_owner"] = "distribute_to_owner"
    users: tuple[UserId, ...] = Field(default=(), max_length=MOST_PEOPLE)
    groups: tuple[str, ...] = Field(default=(), max_length=50)
    only_if_unassigned: bool = True
    fall_back: UserId | None = None
    notify: bool = True
    subject: Title = "{{ contact.name }} is yours now"
    text: Text = "{{ contact.name }} ({{ contact.id }}) has been given to you."

    def arrive(self, scene: Scene) -> Outcome:
        ours = scene.contact.our_contact
        if ours is not None and self.only_if_unassigned:
            return GoTo(step=scene.onward(self), why={"already": True, "owner": ours})
        available = scene.staff.available(self.staff())
        if not available:
            return self._give(scene, self.fall_back, (), {"available": available})
        turn, partition = scene.staff.turn(scene.participant.flow, self.id), scene.participant.partition
        owner = whose_turn(available, turn, partition)
        return self._give(scene, owner, (TakeTurn(),), {"available": available, "turn": turn})

    def _give(
        self, scene: Scene, owner: str | None, taken: tuple[TakeTurn, ...], seen: dict[str, Any]
    ) -> Outcome:
        why = {**seen, "owner": owner}
        if owner is None:
            return GoTo(step=scene.onward(self), why=why)
        return Perform(acts=(*taken, *self._acts(scene, owner)), step=scene.onward(self), why=why)

    def _acts(self, scene: Scene, owner: str) -> Iterator[Act]:
        if owner == scene.contact.owner:
            return
        data: dict[str, Any] = {"owner": owner}
        yield ChangeContact(change=ContactData(owner=owner), raises=CONTACT_UPDATED, data=data)
        if self.notify:
            told = {"subject": self.subject, "text": self.text, "user": owner}
            yield PlanCall(channel=NOTIFY_EMAIL, settings=told)

    def staff(self) -> Named:
        return Named(frozenset(self.users), frozenset(self.groups))

    def users_named(self) -> Sequence[tuple[str, str]]:
        among = [(f"users[{number}]", user) for number, user in enumerate(self.users)]
        return [*among, ("fall_back", self.fall_back)] if self.fall_back else among

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("text", self.text)) if self.notify else ()

    def sends_mail(self) -> bool:
        return self.notify

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.staff():
            yield "users", "choose people or a group to distribute to"
        if self.notify and not self.subject.strip():
            yield "subject", "write a subject"
        if self.notify and not self.text.strip():
            yield "text", "write what the new owner is told"
