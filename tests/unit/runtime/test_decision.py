"""What is said in the log of a record or a timer whose handling raised; who of many spoils a record."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from structlog.testing import capture_logs

from common.domain.flow_book import FlowBook
from common.domain.participant import Participant
from common.messages.record import Record, Suggestion
from common.messages.topology import Service
from common.ports import Commit, CommitResult, Committed, Guard, Unstorable, Write
from common.runtime.decision import DECISION_RAISED, Decision, error_of
from common.runtime.handler import Batch, Outcome, SetAside
from common.runtime.parking import ParkingLimit

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def raising(subject: object) -> None:
    raise ValueError("no such step")


def test_an_error_names_the_record_and_the_flow_versions_that_it_was_suggested_for():
    suggestion = Suggestion(flow="welcome", version=3, run=1, by="triggers[0]")
    record = Record(id="r1", type="order.placed", source="s", time=NOW, suggestions=(suggestion,))
    with capture_logs() as logs:
        why = error_of(raising, record)

    assert why == "ValueError: no such step"
    assert (
        next(log for log in logs if log["event"] == DECISION_RAISED).items()
        >= {
            "record": "r1",
            "type": "order.placed",
            "suggested": ["welcome@3"],
        }.items()
    )


def test_an_error_names_the_participant_its_step_and_its_flow_version():
    timer = Participant(
        id="p1", flow="welcome", run=1, version=3, contact="c", partition=0, enrolled_at=NOW, cause="r",
        step="wait", since=NOW,
    )  # fmt: skip
    with capture_logs() as logs:
        error_of(raising, timer)

    assert (
        logs[0].items()
        >= {
            "participant": "p1",
            "flow": "welcome",
            "flow_version": 3,
            "step": "wait",
        }.items()
    )


class ACrowd:
    """A record for ten people, of whom some can't be stored; handler, world and store in one."""

    keeps_time: ClassVar[bool] = False

    def __init__(self, *unstorable: str) -> None:
        self.unstorable = unstorable
        self.rehearsed = 0
        self.committed: list[Commit] = []

    async def timers(self, partition: int, now: datetime, limit: int) -> Sequence[Participant]:
        return ()

    async def load(self, batch: Batch) -> "ACrowd":
        self.batch = batch
        return self

    def crowd(self, record: Record) -> Sequence[str]:
        return [str(number) for number in range(10)]

    def decide(self, record: Record) -> None:
        everybody = [
            each for each in self.crowd(record) if self.batch.only is None or each in self.batch.only
        ]
        self.aside = [each for each in everybody if each in self.batch.spoilt]
        self.decided = [each for each in everybody if each not in self.aside]

    def outcome(self) -> Outcome:
        told = [SetAside(a_record(f"again-{each}"), self.batch.spoilt[each]) for each in self.aside]
        return Outcome(writes=[Write("people", list(self.decided))], aside=told)

    async def rehearse(self, commit: Commit) -> Committed:
        self.rehearsed += 1
        if not set(self.unstorable).isdisjoint(commit.writes[0].operations):
            raise Unstorable("too long")
        return Committed.DONE

    async def commit(self, commit: Commit) -> CommitResult:
        await self.rehearse(commit)
        self.committed.append(commit)
        return CommitResult(Committed.DONE)


def a_record(record_id: str) -> Record:
    return Record(id=record_id, type="flow.resumed", source="s", time=NOW)


async def decided(crowd: Any) -> Commit:
    batch = Batch(partition=0, now=NOW, book=FlowBook(0, ()), records=[a_record("act")])
    guard = Guard(Service.EXECUTOR, 0, 1, 0)
    commit, outcome = await Decision(crowd, crowd, ParkingLimit()).commit(batch, guard, (), thorough=False)
    assert outcome is Committed.DONE
    return commit


async def test_of_the_many_of_one_record_only_those_who_can_t_be_stored_are_set_aside():
    crowd = ACrowd("3", "8")

    commit = await decided(crowd)

    assert commit.writes[0].operations == ["0", "1", "2", "4", "5", "6", "7", "9"]
    assert [row.record.id for row in commit.parked] == ["again-3", "again-8"]
    assert {row.error for row in commit.parked} == {"Unstorable: too long"}
    assert crowd.rehearsed < 2 * 10, "halves are tried, not everybody"


async def test_what_no_single_one_of_them_is_to_blame_for_parks_the_record():
    class Together(ACrowd):
        async def rehearse(self, commit: Commit) -> Committed:
            if len(commit.writes[0].operations if commit.writes else ()) > 9:
                raise Unstorable("too many")
            return Committed.DONE

        def outcome(self) -> Outcome:
            return super().outcome() if self.batch.records else Outcome()

    commit = await decided(Together())

    assert ([row.record.id for row in commit.parked], commit.writes) == (["act"], ())


async def test_a_record_whose_world_can_t_be_loaded_is_parked():
    class Unloadable(ACrowd):
        async def load(self, batch: Batch) -> ACrowd:
            if batch.records:
                raise ValueError("unreadable")
            return await super().load(batch)

        def outcome(self) -> Outcome:
            return Outcome()

        async def rehearse(self, commit: Commit) -> Committed:
            return Committed.DONE

    commit = await decided(Unloadable())

    assert [(row.record.id, row.error) for row in commit.parked] == [("act", "ValueError: unreadable")]
