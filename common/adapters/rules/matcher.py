"""Candidates from durable_rules, in a child process that may die at any time without harm.

The index comes first: only groups of listeners that are large enough are made into rules. Flows that were opened
since the rules were built count as candidates until a new child knows them.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

import structlog

from common.adapters.rules.rules_process import (
    ANSWER_SECONDS,
    COMMAND,
    ChildFailed,
    Question,
    RulesProcess,
    Trouble,
    start,
)
from common.adapters.rules.rulesets import Ruleset, compile_rules, see
from common.domain.flow_book import ANY, Candidates, FlowBook, Group
from common.domain.open_flow import Listener
from common.ports import Happening

log = structlog.get_logger(__name__)

MATCHER_FAILED = "matcher.failed"
MATCHER_BUILT = "matcher.built"

SETTLING_SECONDS = 0.5
"""Between a change of flows and the building of a new child, so that several changes take one."""
LONGEST_PAUSE = 60.0
"""Between one child that fails and the next."""
STEADY = 100
"""So many batches answered make a child one that works."""


def is_available() -> bool:
    """Whether durable_rules can be imported here (not on Python 3.13)."""
    return find_spec("durable_rules_engine") is not None


@dataclass(frozen=True, slots=True)
class _Covered:
    """What is known of one group: which rule sets ask for it, and who has to be asked in any case."""

    rulesets: range
    known: frozenset[str]
    always: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The rules for the flows of one book."""

    epoch: int
    rulesets: tuple[Ruleset, ...]
    groups: Mapping[Group, _Covered]


_Late = Mapping[Group, frozenset[str]]


@dataclass(slots=True)
class _Live:
    """A child that answers. `late`: by group, the listeners of the last book asked that it does not know."""

    plan: _Plan
    child: RulesProcess
    answers: int = 0
    book: FlowBook | None = None
    late: _Late = field(default_factory=dict)

    def late_in(self, book: FlowBook) -> _Late:
        if self.book is not book:
            self.book = book
            self.late = {
                group: _keys(listeners) - covered.known
                for group, listeners in book.groups()
                if (covered := self.plan.groups.get(group)) is not None
            }
        return self.late


def plan_for(book: FlowBook, minimum: int) -> _Plan:
    """Rules for the groups with at least so many listeners."""
    rulesets: list[Ruleset] = []
    groups: dict[Group, _Covered] = {}
    for group, listeners in book.groups():
        if len(listeners) >= minimum:
            compiled = compile_rules({listener.key: listener.clause for listener in listeners})
            numbers = range(len(rulesets), len(rulesets) + len(compiled.rulesets))
            groups[group] = _Covered(numbers, _keys(listeners), compiled.always)
            rulesets += compiled.rulesets
    return _Plan(book.epoch, tuple(rulesets), groups)


class DurableRulesMatcher:
    """A `Matcher`. `minimum`: how many listeners a group needs to be worth the way to another process; `alarm` is
    told of each child that failed. `close` it in the end."""

    def __init__(
        self,
        minimum: int,
        alarm: Callable[[Trouble], None],
        *,
        command: Sequence[str] = COMMAND,
        settling: float = SETTLING_SECONDS,
        patience: float = ANSWER_SECONDS,
    ) -> None:
        self._minimum = minimum
        self._alarm = alarm
        self._command = command
        self._settling = settling
        self._patience = patience
        self._newest: FlowBook | None = None
        self._worthwhile = False
        self._live: _Live | None = None
        self._building: asyncio.Task[None] | None = None
        self._failures = 0

    def wants(self, book: FlowBook) -> bool:
        """Takes notice of the book, too: a child that does not know its flows is replaced in the background."""
        if self._newest is None or book.epoch > self._newest.epoch:
            self._newest = book
            self._worthwhile = any(len(listeners) >= self._minimum for _, listeners in book.groups())
        self._keep_building()
        return self._live is not None and self._worthwhile

    @property
    def epoch(self) -> int | None:
        """Of the flows that the present child was built for; `None` without one."""
        return self._live.plan.epoch if self._live else None

    @property
    def pid(self) -> int | None:
        return self._live.child.pid if self._live else None

    async def candidates(self, book: FlowBook, events: Sequence[Happening]) -> Sequence[Candidates]:
        live = self._live
        if live is None:
            return [ANY] * len(events)
        late = live.late_in(book)
        questions: list[Question] = []
        places = [list(_ask(live.plan, book, event, questions)) for event in events]
        try:
            answers = await live.child.ask(questions) if questions else []
        except ChildFailed as failure:
            self._lose(live, failure)
            return [ANY] * len(events)
        live.answers += 1
        if live.answers == STEADY:
            self._failures = 0
        return [_found(live.plan, late, groups, answers) for groups in places]

    def _lose(self, live: _Live, failure: ChildFailed) -> None:
        """Several partitions may find the same child dead; it is told once."""
        if self._live is live:
            self._live = None
            self._tell(failure)
            self._keep_building()

    def _tell(self, failure: ChildFailed) -> None:
        self._failures += 1
        log.error(MATCHER_FAILED, trouble=failure.trouble, why=str(failure))
        self._alarm(failure.trouble)

    def _keep_building(self) -> None:
        due = self._worthwhile and (
            self.epoch is None or self._newest is None or self.epoch < self._newest.epoch
        )
        if self._building is not None and not self._building.done():
            return
        if due:
            self._building = asyncio.create_task(self._build())
        elif self._live is not None and not self._worthwhile:
            idle, self._live = self._live, None
            self._building = asyncio.create_task(idle.child.retire())

    async def _build(self) -> None:
        """A child for the newest book, in place of the present one; tried again until it succeeds."""
        while True:
            await asyncio.sleep(min(self._settling * 2 ** min(self._failures, 20), LONGEST_PAUSE))
            assert self._newest is not None
            plan = await asyncio.to_thread(plan_for, self._newest, self._minimum)
            try:
                child = await start(plan.rulesets, self._command, self._patience)
            except ChildFailed as failure:
                self._tell(failure)
                continue
            before, self._live = self._live, _Live(plan, child)
            log.info(MATCHER_BUILT, epoch=plan.epoch, rulesets=len(plan.rulesets))
            if before is not None:
                await before.child.retire()
            return

    async def close(self) -> None:
        if self._building is not None:
            self._building.cancel()
            await asyncio.gather(self._building, return_exceptions=True)
        if self._live is not None:
            await self._live.child.end()
            self._live = None


def _ask(
    plan: _Plan, book: FlowBook, event: Happening, questions: list[Question]
) -> Iterator[tuple[Group, range]]:
    """Add the questions about one event; tells where each group's answers will be."""
    for group in book.groups_of(event.type, event.facts):
        if (covered := plan.groups.get(group)) is None:
            continue
        first = len(questions)
        for number in covered.rulesets:
            ruleset = plan.rulesets[number]
            questions.append((number, ruleset.project(see(ruleset.fields, event.facts))))
        yield group, range(first, len(questions))


def _found(
    plan: _Plan, late: _Late, groups: Sequence[tuple[Group, range]], answers: Sequence[Sequence[str]]
) -> Candidates:
    return {
        group: {
            *plan.groups[group].always,
            *late.get(group, ()),
            *(key for place in places for key in answers[place]),
        }
        for group, places in groups
    }


def _keys(listeners: Sequence[Listener]) -> frozenset[str]:
    return frozenset(listener.key for listener in listeners)
