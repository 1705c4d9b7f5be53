"""What reports need to know of frozen versions: read once, since they never change."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from common.domain.chart import layout
from common.ports import Flows, VersionSeen

VERSIONS_KEPT = 1000
UTC = ZoneInfo("UTC")

VersionKey = tuple[str, int]


class Versions:
    """Shared by all partitions of a process."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows
        self._zones: dict[VersionKey, ZoneInfo] = {}

    async def zones(
        self, named: Iterable[VersionKey]
    ) -> tuple[Mapping[VersionKey, ZoneInfo], list[VersionSeen]]:
        """The timezones of these (flow, version), and those versions that were read for it. One that is not there, or
        can't be read, goes by UTC."""
        fresh: list[VersionSeen] = []
        found: dict[VersionKey, ZoneInfo] = {}
        for key in named:
            if key not in self._zones:
                fresh += await self._read(key)
            found[key] = self._zones[key]
        while len(self._zones) > VERSIONS_KEPT:
            del self._zones[next(iter(self._zones))]
        return found, fresh

    async def _read(self, key: VersionKey) -> list[VersionSeen]:
        flow, version = key
        self._zones[key] = UTC
        try:
            frozen = await self._flows.version(flow, version) if version else None
        except ValidationError:  # made by another release
            return []
        if frozen is None:
            return []
        document = frozen.document
        self._zones[key] = ZoneInfo(document.timezone)
        return [VersionSeen(flow, version, document.timezone, tuple(layout(document.steps)))]
