"""WHO: the verdict of filter and exclusion lists for each suggestion, with the values that decided it."""

from collections.abc import Mapping

from common.domain.conditions import Seen, Verdict, judge
from common.domain.facts import Facts
from common.domain.open_flow import SELECTIONS, OpenFlow
from common.domain.reasons import Refusal
from common.messages.record import Finding, Record, Suggestion
from common.runtime.flow_cache import FlowCache
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome

Versions = Mapping[tuple[str, int, int], OpenFlow]


class FilterHandler(KeepsNoTime):
    """Reads nothing but the record and immutable flow versions."""

    def __init__(self, flows: FlowCache) -> None:
        self._flows = flows

    async def load(self, batch: Batch) -> "FilterWorld":
        named = [suggestion for record in batch.records for suggestion in record.suggestions]
        return FilterWorld(await self._flows.versions((n.flow, n.version, n.run) for n in named))


class FilterWorld(HasNoTimers):
    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._onward: list[Record] = []

    def decide(self, record: Record) -> None:
        verdicts = (self._verdict(suggestion, record) for suggestion in record.suggestions)
        filters = tuple(finding for finding in verdicts if finding)
        self._onward.append(record.but(findings=record.findings.but(filters=filters)))

    def outcome(self) -> Outcome:
        return Outcome(onward=self._onward)

    def _verdict(self, suggestion: Suggestion, record: Record) -> Finding | None:
        """`None` for a flow that is not open: there is nothing to ask, and the executor refuses it."""
        flow = self._versions.get((suggestion.flow, suggestion.version, suggestion.run))
        if flow is None:
            return None
        admitted = judge(flow.document.filter, record.facts, record.time, flow.document.asker)
        if not admitted.holds:
            return finding(suggestion, Refusal.FILTER, admitted)
        excluded = on_exclusion_list(flow, record.facts)
        if excluded is not None:
            return finding(suggestion, Refusal.EXCLUSION_LIST, excluded)
        return finding(suggestion, None, admitted)


def on_exclusion_list(flow: OpenFlow, facts: Facts) -> Verdict | None:
    """The first exclusion list that the contact is on."""
    member_of = facts.get(SELECTIONS, ())
    for selection in flow.document.exclusion_lists:
        if selection in member_of:
            line = Seen(field=SELECTIONS, op="none_of", expected=[selection], value=selection, holds=False)
            return Verdict(holds=False, seen=(line,))
    return None


def finding(suggestion: Suggestion, refusal: Refusal | None, verdict: Verdict) -> Finding:
    return Finding(
        flow=suggestion.flow,
        version=suggestion.version,
        run=suggestion.run,
        holds=refusal is None,
        by=refusal.value if refusal else "filter",
        seen=verdict.seen,
    )
