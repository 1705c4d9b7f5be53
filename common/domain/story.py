"""A story: what happens to some people in some flows, and what is to come of it. Flow tests are made of them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from common.domain.caps import Cap
from common.domain.contact import ContactData
from common.domain.flow_schema import DIALECT
from common.domain.instant import Instant, to_instant
from common.domain.life_cycle import Act
from common.domain.model import ContactId, Model, Slug
from common.domain.reasons import DropOut, Refusal, Status

SCHEMA_ID = "urn:headrace:schema:story:1"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday morning, in winter time nearly everywhere."""

UNITS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
PART = re.compile(r"(\d+)\s*(minute|hour|day|week)s?")
DAY = re.compile(r"day\s+(\d+)")
HOW = "write '3 days', '1 day 4 hours', 'day 3', or a moment such as 2026-03-05T09:00:00Z"


def _when(value: Any) -> timedelta | datetime:
    """So long after the start of the story, or a moment."""
    if isinstance(value, timedelta | datetime):
        return value
    text = str(value).strip()
    if found := DAY.fullmatch(text):
        return timedelta(days=int(found[1]))
    if PART.sub("", text).strip() == "" and PART.search(text):
        return timedelta(seconds=sum(int(number) * UNITS[unit] for number, unit in PART.findall(text)))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{value!r} is no time of a story; {HOW}") from None
    return to_instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


When = Annotated[
    timedelta | datetime, BeforeValidator(_when), WithJsonSchema({"type": "string", "description": HOW})
]


class Person(ContactData):
    """A contact that is known before the story begins."""

    id: ContactId


class Happening(Model):
    """One thing that happens: an `event` about a contact (with `data`), a contact suggested for a flow by hand, or an
    act on a flow (`pause`, `resume`, `end`). Without `at`: when the one before does, else at the start."""

    at: When | None = None
    event: str | None = Field(default=None, min_length=1, max_length=100)
    contact: ContactId | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    suggest: Slug | None = None
    pause: Slug | None = None
    resume: Slug | None = None
    end: Slug | None = None

    @model_validator(mode="after")
    def one_thing(self) -> "Happening":
        given = [name for name in ("event", "suggest", "pause", "resume", "end") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("needs one of event, suggest, pause, resume and end")
        if (self.contact is None) == (given[0] in ("event", "suggest")):
            raise ValueError("needs a contact for an event or a suggestion, and takes none for a flow's life")
        if self.data and not self.event:
            raise ValueError("data belong to an event")
        return self

    @property
    def act(self) -> tuple[Act, str] | None:
        """On which flow, if it is one."""
        return next(
            ((act, flow) for act in (Act.PAUSE, Act.RESUME, Act.END) if (flow := getattr(self, act))), None
        )


class Expectation(Model):
    """What is true at `by` (without it: when the story is over). All that is given must hold at once.

    `sent` and `not_sent` name a content, or the step that sends it, and `to` the address or number; the others are
    about `contact`: its last passage in `flow` (`status`, `reason` for dropping out, `step`), why it was last
    `refused` there, which selections it is in or `not_in`, and its `fields`, by name.
    """

    by: When | None = None
    sent: Slug | None = None
    not_sent: Slug | None = None
    to: str | None = Field(default=None, max_length=320)
    contact: ContactId | None = None
    flow: Slug | None = None
    status: Status | None = None
    reason: DropOut | None = None
    step: Slug | None = None
    refused: Refusal | None = None
    in_selections: list[Slug] = Field(default_factory=list, alias="in", max_length=100)
    not_in: list[Slug] = Field(default_factory=list, max_length=100)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)

    @model_validator(mode="after")
    def about_someone(self) -> "Expectation":
        passage = any((self.status, self.reason, self.step, self.refused))
        known = bool(self.in_selections or self.not_in or self.fields)
        if not (passage or known or self.sent or self.not_sent):
            raise ValueError(
                "expects nothing: give sent, not_sent, status, reason, step, refused, in, not_in or fields"
            )
        if (passage or known) and self.contact is None:
            raise ValueError("needs a contact")
        if passage and self.flow is None:
            raise ValueError("needs a flow")
        return self


class Story(Model):
    """`contacts` are there before it begins; the flows of its file run from the `start`, under these frequency
    `caps`."""

    name: str = Field(min_length=1, max_length=200)
    start: Instant = START
    caps: list[Cap] = Field(default_factory=list, max_length=50)
    contacts: list[Person] = Field(default_factory=list, max_length=1000)
    events: list[Happening] = Field(default_factory=list, max_length=1000)
    expect: list[Expectation] = Field(min_length=1, max_length=1000)

    def at(self, when: timedelta | datetime) -> datetime:
        """The moment that is meant."""
        return self.start + when if isinstance(when, timedelta) else when

    def timed(self) -> list[tuple[datetime, Happening]]:
        """What happens, with its moment, in the order of time."""
        now, timed = self.start, []
        for happening in self.events:
            now = now if happening.at is None else self.at(happening.at)
            timed.append((now, happening))
        return sorted(timed, key=lambda each: each[0])

    @property
    def over(self) -> datetime:
        """The last moment that it names."""
        named = [self.at(each.by) for each in self.expect if each.by is not None]
        return max([self.start, *named, *(moment for moment, _ in self.timed())])


def story_schema() -> dict[str, Any]:
    """The JSON Schema of a story, for editors."""
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **Story.model_json_schema(), "title": "Headrace story"}
