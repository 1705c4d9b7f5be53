"""DID IT WORK: which success criteria an event meets, and which a suggested contact meets already."""

from collections.abc import Mapping, Sequence
from itertools import chain

from common.domain.open_flow import Listener, OpenFlow, State
from common.messages.record import Concern, Finding, Record, Suggestion
from common.runtime.flow_cache import FlowCache
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome

Versions = Mapping[tuple[str, int, int], OpenFlow]


class SuccessHandler(KeepsNoTime):
    """Reads nothing but the record and immutable flow versions."""

    def __init__(self, flows: FlowCache) -> None:
        self._flows = flows

    async def load(self, batch: Batch) -> "SuccessWorld":
        keys = {
            (named.flow, named.version, named.run)
            for record in batch.records
            for named in chain[Concern | Suggestion](record.concerns, record.suggestions)
        }
        return SuccessWorld(await self._flows.versions(keys))


class SuccessWorld(HasNoTimers):
    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._onward: list[Record] = []

    def decide(self, record: Record) -> None:
        criteria = [self._met_by_event(concern, record) for concern in record.concerns]
        states = [self._met_by_state(suggestion, record) for suggestion in record.suggestions]
        findings = record.findings.but(
            criteria=tuple(finding for finding in criteria if finding),
            states=tuple(finding for finding in states if finding),
        )
        self._onward.append(record.but(findings=findings))

    def outcome(self) -> Outcome:
        return Outcome(onward=self._onward)

    def _met_by_event(self, concern: Concern, record: Record) -> Finding | None:
        flow = self._versions.get((concern.flow, concern.version, concern.run))
        hearing = flow.criteria_for(record.type) if flow else ()
        return first_met(hearing, concern, record)

    def _met_by_state(self, suggestion: Suggestion, record: Record) -> Finding | None:
        flow = self._versions.get((suggestion.flow, suggestion.version, suggestion.run))
        return first_met(flow.states if flow else (), suggestion, record)


def first_met(
    criteria: Sequence[Listener | State], about: Concern | Suggestion, record: Record
) -> Finding | None:
    for criterion in criteria:
        verdict = criterion.verdict(record.facts, record.time)
        if verdict.holds:
            return Finding(
                flow=about.flow,
                version=about.version,
                run=about.run,
                holds=True,
                by=f"success.criteria[{criterion.index}]",
                seen=verdict.seen,
            )
    return None
