"""The rows of `report_steps`: those of each version that facts name, as it was frozen."""

from collections.abc import Collection
from dataclasses import dataclass

from common.adapters.mongo.client import Document
from common.adapters.mongo.report_counts import MongoReportCounts
from common.adapters.mongo.report_rows import step_documents
from common.ports import Batches, Commit
from services.reporting.versions import Versions


@dataclass(frozen=True, slots=True)
class StepsChecked:
    """`differences`: rows that are missing, too many, or otherwise than the version says."""

    flow: str
    rows: int
    differences: int

    @property
    def good(self) -> bool:
        return not self.differences


async def check_steps(
    flow: str,
    named: Collection[int],
    counts: MongoReportCounts,
    versions: Versions,
    batches: Batches,
    *,
    repair: bool,
) -> StepsChecked:
    """`named`: the versions that facts name; those that rows name are checked, too."""
    async with counts.moment() as session:
        kept = await counts.steps(flow, session)
    expected: dict[str, Document] = {}
    for version in {*named, *(row["version"] for row in kept.values())}:
        places = await versions.places(flow, version)
        if places is None:  # nothing to hold its rows to
            expected |= {step: row for step, row in kept.items() if row["version"] == version}
        else:
            expected |= {row["_id"]: row for row in step_documents(flow, version, places)}
    wrong = [row for step, row in expected.items() if kept.get(step) != row]
    surplus = [step for step in kept if step not in expected]
    if repair and (wrong or surplus):
        await batches.commit(Commit(writes=[*counts.steps_set(wrong), *counts.steps_dropped(surplus)]))
    return StepsChecked(flow, len(expected), len(wrong) + len(surplus))
