"""The open flows, read from `flows` and `flow_versions`: one that can't be read stands still, and stops no other."""

from collections.abc import Iterable, Mapping, Sequence

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from common.adapters.mongo.client import Document, translated
from common.domain.flow import FlowVersion
from common.domain.flow_book import FlowBook, OpenFlow
from common.domain.open_flow import standing_still
from common.domain.reasons import FlowState

OPEN = (FlowState.RUNNING.value, FlowState.PAUSED.value)
NOT_THERE = "its frozen version is not stored"
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a stored version that this release does not understand can raise."""

Read = Mapping[str, FlowVersion | str]
"""By flow: its frozen version, or why there is none to be had."""


class FlowBooks:
    """Keeps what it read, since versions are immutable. What could not be read is tried again with each book."""

    def __init__(self, flows: AsyncCollection[Document], versions: AsyncCollection[Document]) -> None:
        self._flows = flows
        self._versions = versions
        self._open: dict[str, OpenFlow] = {}
        self._book: FlowBook | None = None

    async def at(self, epoch: int) -> FlowBook:
        """The flows as they stand now; the same book as before where nothing has changed."""
        with translated():
            heads = self._flows.find({"state": {"$in": OPEN}}, {"state": 1, "run": 1, "version": 1})
            rows = [row async for row in heads.sort("_id", ASCENDING)]
        flows = await self._opened(rows)
        same = flows.keys() == self._open.keys() and all(
            flow is self._open[name] for name, flow in flows.items()
        )
        self._open = flows
        if self._book is None or self._book.epoch != epoch or not same:
            self._book = FlowBook(epoch, flows.values())
        return self._book

    async def _opened(self, rows: Sequence[Document]) -> dict[str, OpenFlow]:
        """The flows of these rows; those that have not changed are the same objects as before."""
        missing = [row for row in rows if not is_same(self._open.get(row["_id"]), row)]
        read = await self._frozen(missing)
        opened = {row["_id"]: open_flow(row, read.get(row["_id"], NOT_THERE)) for row in missing}
        return {row["_id"]: opened.get(row["_id"]) or self._open[row["_id"]] for row in rows}

    async def _frozen(self, rows: Iterable[Document]) -> Read:
        """A version that is known from before, in another state, is not read again."""
        known = {flow.id: flow.version for flow in self._open.values() if flow.unreadable is None}
        wanted = {row["_id"]: row["version"] for row in rows}
        kept = {
            flow: known[flow]
            for flow, version in wanted.items()
            if flow in known and known[flow].version == version
        }
        ids = {version_id(flow, version): flow for flow, version in wanted.items() if flow not in kept}
        if not ids:
            return kept
        with translated():
            found = [row async for row in self._versions.find({"_id": {"$in": list(ids)}})]
        return kept | {ids[row["_id"]]: version_or_why(row) for row in found}


def is_same(flow: OpenFlow | None, row: Document) -> bool:
    """Whether this flow, as it was opened, is still the one in the row."""
    if flow is None or flow.unreadable is not None:
        return False
    return (flow.state, flow.run, flow.version.version) == (row["state"], row["run"], row["version"])


def open_flow(row: Document, read: FlowVersion | str) -> OpenFlow:
    """What the flow listens for is compiled here, so that a fault in it shows."""
    if isinstance(read, FlowVersion):
        flow = OpenFlow(row["_id"], FlowState(row["state"]), row["run"], read)
        try:
            flow.compile()
        except FAULTS as error:
            read = f"{type(error).__name__}: {error}"
        else:
            return flow
    return standing_still(row["_id"], row["run"], row["version"], read)


def version_id(flow: str, version: int) -> str:
    return f"{flow}:{version}"


def to_version(row: Document) -> FlowVersion:
    del row["_id"]
    return FlowVersion.model_validate(row)


def version_or_why(row: Document) -> FlowVersion | str:
    try:
        return to_version(row)
    except FAULTS as error:
        return f"{type(error).__name__}: {error}"
