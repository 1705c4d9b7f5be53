"""What was decided on the people of bulk enrolments, added up for a batch."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from common.domain.bulk import Tally
from common.domain.decision import Verdict
from common.domain.event import ENROLMENT_SUGGESTED
from services.executor.turn import Turn


class BulkCount:
    def __init__(self) -> None:
        self._enrolled: Counter[str] = Counter()
        self._refused: dict[str, Counter[str]] = defaultdict(Counter)

    def count(self, turn: Turn) -> None:
        """Nothing, but for a turn whose record came from a bulk enrolment."""
        cause = turn.cause
        if cause is None or cause.type != ENROLMENT_SUGGESTED or "bulk" not in cause.data:
            return
        for note in turn.notes.values():
            if note.flow != cause.data["flow"]:
                continue
            if note.verdict is Verdict.ENROLLED:
                self._enrolled[cause.data["bulk"]] += 1
            elif note.verdict is Verdict.REFUSED and note.reason:
                self._refused[cause.data["bulk"]][note.reason] += 1

    @property
    def tallies(self) -> Mapping[str, Tally]:
        return {
            bulk: Tally(enrolled=self._enrolled[bulk], refused=self._refused[bulk])
            for bulk in {*self._enrolled, *self._refused}
        }
