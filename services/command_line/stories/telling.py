"""Playing a story: time, what happens, what is expected, in their order."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from common.domain.event import ENROLMENT_SUGGESTED
from common.domain.flow import Flow
from common.domain.life_cycle import ActRefused
from common.domain.selection import SelectionData
from common.domain.story import Expectation, Happening, Story
from services.command_line.stories.stage import Stage, folded
from services.command_line.stories.verdicts import failures
from services.executor.why import in_words
from services.trigger.events import Bad, read_event


@dataclass(frozen=True, slots=True)
class Failure:
    """`place`: where in the story, such as `expect[2]`; `why`: the decisions about whom it is about, in words."""

    place: str
    text: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a story; `journal` is every decision, in words."""

    story: str
    failures: tuple[Failure, ...]
    journal: tuple[str, ...]


class Broken(Exception):
    """A story can't be played on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.place}: {failure.text}")
        self.failure = failure


async def tell(
    story: Story, flows: Mapping[str, Flow], selections: Mapping[str, SelectionData] | None = None
) -> Told:
    """Play it from the start, and ask what is expected. A story that can't be played on ends there."""
    stage, found = begun(story, flows, selections), list[Failure]()
    try:
        async for expected, place in moments(story, stage):
            found += asked(stage, expected, place)
    except Broken as broken:
        found.append(broken.failure)
    return Told(story.name, tuple(found), journal(stage))


async def play(story: Story, flows: Mapping[str, Flow]) -> Stage:
    """Play it to its end. Raises `Broken`."""
    stage = begun(story, flows)
    async for _ in moments(story, stage):
        pass
    return stage


def begun(
    story: Story, flows: Mapping[str, Flow], selections: Mapping[str, SelectionData] | None = None
) -> Stage:
    stage = Stage(flows, story.start, story.caps, selections)
    for person in story.contacts:
        stage.knows(person.id, person.model_dump(exclude={"id"}, exclude_unset=True))
    return stage


async def moments(story: Story, stage: Stage) -> AsyncIterator[tuple[Expectation, str]]:
    """Let everything happen at its time; stops at each expectation, with its place. Raises `Broken`."""
    for at, number, what in agenda(story):
        place = f"{'events' if isinstance(what, Happening) else 'expect'}[{number}]"
        broken = await passes(stage, at)
        if isinstance(what, Happening):
            broken = broken or await happen(stage, what, number)
        if broken:
            raise Broken(Failure(place, broken))
        if isinstance(what, Expectation):
            yield what, place


def asked(stage: Stage, expected: Expectation, place: str) -> list[Failure]:
    """What of this did not come true; told with the decisions about whom it names, by contact or by address."""
    people = {expected.contact} if expected.contact else addressed(stage, expected.to)
    why = [line for person in sorted(people) for line in journal(stage, person, expected.flow)]
    return [Failure(place, text, tuple(why)) for text in failures(expected, stage)]


def addressed(stage: Stage, address: str | None) -> set[str]:
    """The contacts that have this address, or number."""
    rows = stage.contacts.rows.values()
    return {each.id for each in rows if address and address.casefold() in folded(each)}


async def passes(stage: Stage, until: datetime) -> str | None:
    """Let time pass; what went wrong on the way, in words."""
    try:
        await stage.until(until)
    except Exception as error:  # noqa: BLE001 - what an installation would set aside ends a story
        return f"by {until:%Y-%m-%d %H:%M} a timer could not be handled: {error!r}"
    return None


def agenda(story: Story) -> list[tuple[datetime, int, Happening | Expectation]]:
    """What comes when, with its number in the story; what is expected at a moment is asked after all else."""
    numbers = {id(each): number for number, each in enumerate(story.events)}
    events = [(at, numbers[id(each)], each) for at, each in story.timed()]
    expected = [
        (story.over if each.by is None else story.at(each.by), number, each)
        for number, each in enumerate(story.expect)
    ]
    return sorted([*events, *expected], key=lambda each: (each[0], isinstance(each[2], Expectation)))


async def happen(stage: Stage, what: Happening, number: int) -> str | None:
    """Let it happen; what keeps it from it, in words."""
    try:
        if what.act is not None:
            if what.act[1] not in stage.flows:
                return f"there is no flow {what.act[1]!r} in the file"
            await stage.act(*what.act)
            return None
        assert what.contact is not None, "a story is checked when it is read"
        if what.suggest is not None:
            data = {"flow": what.suggest, "by": "story"}
            await stage.happens(ENROLMENT_SUGGESTED, what.contact, data)
            return None
        posted = {"type": what.event, "contact": what.contact, "data": what.data}
        read = read_event(posted, f"story-{number}")
        if isinstance(read, Bad):
            return "; ".join(f"{each.field} {each.detail}" for each in read.complaints)
        await stage.happens(read.record.type, what.contact, read.record.data)
    except ActRefused as refused:
        return str(refused)
    except Exception as error:  # noqa: BLE001 - what an installation would set aside ends a story
        return f"could not be handled: {error!r}"
    return None


def journal(stage: Stage, contact: str | None = None, flow: str | None = None) -> tuple[str, ...]:
    """The decisions about a contact in a flow, or about all."""
    rows = [
        row for row in stage.decisions.rows if contact in (None, row.contact) and flow in (None, row.flow)
    ]
    return tuple(
        line if number else f"{line}  [{row.contact} in {row.flow}]"
        for row in rows
        for number, line in enumerate(in_words(row))
    )
