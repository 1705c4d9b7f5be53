"""What is listened for: one kind of event, with conditions. The same kinds serve as triggers, as success
criteria and as the actions that a wait listens for, so each is written once (architecture.md §3.9)."""

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

from common.domain.conditions import Criteria, Verdict, judge
from common.domain.conditions import fields as fields_of
from common.domain.facts import Facts
from common.domain.kinds import Family
from common.domain.model import Model


class Role(StrEnum):
    TRIGGER = "trigger"
    CRITERION = "criterion"
    ACTION = "action"


class Pattern(Model):
    """One kind of event and, in `conditions`, which of them."""

    kind: str
    conditions: Criteria = ()

    roles: ClassVar[frozenset[Role]] = frozenset()

    @property
    def event_type(self) -> str:
        """The type of the events that may match."""
        raise NotImplementedError

    @property
    def discriminator(self) -> tuple[str, str] | None:
        """(fact, value) that every matching event has, for the index: `("event.form", "contact-me")`."""
        return None

    @property
    def on_state(self) -> bool:
        """Whether it is about what the contact is rather than what happened, so it may be met at enrolment."""
        return False

    @property
    def slot(self) -> str:
        """Under which name a matching action is kept on a participant (one slot an action)."""
        value = self.discriminator[1] if self.discriminator else ""
        return f"{self.kind}:{value}"

    def fields(self) -> Iterator[str]:
        """The facts it names."""
        if self.discriminator:
            yield self.discriminator[0]
        yield from fields_of(self.conditions)

    def match(self, facts: Facts) -> Verdict:
        """Whether an event of this type matches, and the lines and values that decided it."""
        if self.discriminator and facts.get(self.discriminator[0]) != self.discriminator[1]:
            return Verdict(holds=False)
        return judge(self.conditions, facts)


patterns: Family[Pattern] = Family("pattern")
