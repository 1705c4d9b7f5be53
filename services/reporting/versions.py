"""What reports need to know of frozen versions: read once, since they never change."""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from common.domain.chart import Place, layout
from common.domain.flow import Flow
from common.ports import Flows, Reports

VERSIONS_KEPT = 1000
UTC = ZoneInfo("UTC")

VersionKey = tuple[str, int]


class Versions:
    """Shared by all partitions of a process. The steps of each version are kept as rows when it is first read, where
    there are `reports` to keep them."""

    def __init__(self, flows: Flows, reports: Reports | None) -> None:
        self._flows = flows
        self._reports = reports
        self._zones: dict[VersionKey, ZoneInfo] = {}

    async def zones(self, named: Iterable[VersionKey]) -> Mapping[VersionKey, ZoneInfo]:
        """The timezones of these (flow, version). One that is not there, or can't be read, goes by UTC."""
        found: dict[VersionKey, ZoneInfo] = {}
        for key in named:
            if key not in self._zones:
                self._zones[key] = await self._read(*key)
            found[key] = self._zones[key]
        while len(self._zones) > VERSIONS_KEPT:
            del self._zones[next(iter(self._zones))]
        return found

    async def _read(self, flow: str, version: int) -> ZoneInfo:
        frozen = await self._frozen(flow, version)
        if frozen is None:
            return UTC
        if self._reports is not None:
            await self._reports.see(flow, version, tuple(layout(frozen.steps)))
        return ZoneInfo(frozen.zone)

    async def places(self, flow: str, version: int) -> Sequence[Place] | None:
        """Its steps, from top to bottom. `None`: it is not there, or can't be read."""
        frozen = await self._frozen(flow, version)
        return None if frozen is None else tuple(layout(frozen.steps))

    async def _frozen(self, flow: str, version: int) -> Flow | None:
        try:
            frozen = await self._flows.version(flow, version) if version else None
        except ValidationError:  # made by another release
            return None
        return None if frozen is None else frozen.document
