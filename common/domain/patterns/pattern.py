"""What is listened for: one kind of event, with conditions. The same kinds serve as triggers, as success
criteria and as the actions that a wait listens for, so each is written once (architecture.md §3.9)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import ClassVar

from common.domain.conditions import ANYONE, AnyLine, Asker, Criteria, DraftCriteria, Verdict, judge, lacking
from common.domain.conditions import fields as fields_of
from common.domain.facts import Facts
from common.domain.ids import digest
from common.domain.kinds import Family
from common.domain.model import Model


class Role(StrEnum):
    TRIGGER = "trigger"
    CRITERION = "criterion"
    ACTION = "action"


class Pattern(Model):
    """One kind of event and, in `conditions`, which of them."""

    kind: str
    conditions: DraftCriteria = ()

    roles: ClassVar[frozenset[Role]] = frozenset()
    hears: ClassVar[bool] = True
    """Whether an event can match at all."""

    @property
    def event_type(self) -> str:
        """The type of the events that may match."""
        raise NotImplementedError

    @property
    def discriminator(self) -> tuple[str, str] | None:
        """(fact, value) that every matching event has, for the index: `("event.form", "contact-me")`."""
        return None

    @property
    def state(self) -> Criteria | None:
        """What a contact is that meets it whatever happened, at enrolment already; `None`: only events meet it."""
        return None

    @property
    def source(self) -> str | None:
        """The selection whose people it suggests by itself, at instants of its own; `None`: events suggest them."""
        return None

    def next_instant(self, after: datetime, zone: tzinfo) -> datetime | None:
        """The first of these instants later than `after`, in a flow of this timezone; `None`: never again."""
        return None

    def selections(self) -> Sequence[str]:
        """The static selections that it names."""
        return ()

    def projects(self) -> Sequence[str]:
        """The projects that it names."""
        return ()

    def forms(self) -> Sequence[str]:
        """The forms that it names."""
        return ()

    def problems(self) -> Iterator[tuple[str, str]]:
        """What keeps a flow with it from running: the field, and what to do."""
        for place, what in lacking(self.conditions):
            yield f"conditions{place}", what

    @property
    def implied(self) -> tuple[AnyLine, ...]:
        """Lines that its own settings stand for, on top of the conditions."""
        return ()

    @property
    def asks(self) -> Criteria:
        """All that is asked of an event, but for its type and the discriminator."""
        return self._conditions_and(*self.implied)

    def _conditions_and(self, *lines: AnyLine) -> Criteria:
        if not lines:
            return self.conditions
        return tuple((*lines, *group) for group in self.conditions or ((),))

    def _asks_of_contact_alone(self) -> bool:
        return all(name.startswith("contact.") for name in fields_of(self.conditions))

    @property
    def slot(self) -> str:
        """Under which name a matching action is kept on a participant: one for each thing that can be asked.

        It holds no dot, so that a store may use it as the name of a field.
        """
        return self.named_slot(self.discriminator[1] if self.discriminator else "")

    def named_slot(self, value: str) -> str:
        """The slot of this kind and value, apart from those of the same with other conditions."""
        lines = "|".join(";".join(line.model_dump_json() for line in group) for group in self.asks)
        parts = [self.kind, value.replace(".", "/"), *([digest(lines)[:12]] if lines else [])]
        return ":".join(parts)

    def fields(self) -> Iterator[str]:
        """The facts it names."""
        if self.discriminator:
            yield self.discriminator[0]
        yield from fields_of(self.asks)

    def match(self, facts: Facts, now: datetime, asker: Asker = ANYONE) -> Verdict:
        """Whether an event of this type matches, and the lines and values that decided it."""
        if not self.hears:
            return Verdict(holds=False)
        if self.discriminator and facts.get(self.discriminator[0]) != self.discriminator[1]:
            return Verdict(holds=False)
        return judge(self.asks, facts, now, asker)


patterns: Family[Pattern] = Family("pattern")
