"""What reports need to know of frozen versions: read once, since they never change."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from common.domain.chart import layout
from common.ports import Flows, Reports

VERSIONS_KEPT = 1000
UTC = ZoneInfo("UTC")

VersionKey = tuple[str, int]


class Versions:
    """Shared by all partitions of a process. The steps of each version are kept as rows when it is first read."""

    def __init__(self, flows: Flows, reports: Reports) -> None:
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
        try:
            frozen = await self._flows.version(flow, version) if version else None
        except ValidationError:  # made by another release
            return UTC
        if frozen is None:
            return UTC
        await self._reports.see(flow, version, tuple(layout(frozen.document.steps)))
        return ZoneInfo(frozen.document.zone)
