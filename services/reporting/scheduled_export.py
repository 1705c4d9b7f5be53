"""What is new in the tables, written to a folder or a bucket every so often (decision 0179)."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from common.adapters.exports.encoders import encoder
from common.adapters.exports.places import Place, PlaceTrouble, piece_of
from common.adapters.mongo.export_turns import MongoExportTurns
from common.domain.report_tables import Table
from common.domain.report_tables.cells import instant_text
from common.domain.report_tables.forms import file_name
from common.domain.report_tables.visible import KEPT_AT, visible
from common.ports import Unavailable
from common.ports.report_tables import ReportTables, TooSlow
from common.runtime.setting_parts import ExportSettings
from services.reporting.export import Export, encoded, next_cursor, portions

EXPORTED = "export.done"
PAUSED = "export.paused"
LOOK_SECONDS = 20.0
MANIFEST = "manifest.json"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ScheduledExport:
    """Several processes may run it: one takes each turn."""

    tables: ReportTables
    turns: MongoExportTurns
    place: Place
    settings: ExportSettings
    look: float = LOOK_SECONDS

    async def run(self, stopping: asyncio.Event) -> None:
        """Again and again until told to stop."""
        while not stopping.is_set():
            try:
                await self.turn(datetime.now(UTC), stopping)
            except (Unavailable, TooSlow, PlaceTrouble) as error:
                log.warning(PAUSED, why=str(error) or "a table takes too long to read")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self.look)

    async def turn(self, now: datetime, stopping: asyncio.Event) -> bool:
        """Export if it is time, and nobody else does; whether it was. `now` is machine time. Raises `Unavailable`,
        `TooSlow` and `PlaceTrouble`."""
        assert self.settings.to is not None, "there is a place to export to"
        every = timedelta(seconds=self.settings.every)
        cursors = await self.turns.take(self.settings.to, self.settings.form, every)
        if cursors is None:
            return False
        for name, table in visible(personal=self.settings.personal).items():
            if stopping.is_set():
                return True
            await self._export(table, cursors.get(name), now)
        await self.place.put(MANIFEST, piece_of(self._manifest(now)))
        log.info(EXPORTED, to=self.settings.to)
        return True

    async def _export(self, table: Table, cursor: datetime | None, now: datetime) -> None:
        """A part's name follows from where it begins, so that one which is written again takes its own place."""
        part = Export(table, cursor)
        if cursor is None or await self._has_rows(part):
            await self._put(part)
        if table.column(KEPT_AT) is not None:
            assert self.settings.to is not None
            to, form = self.settings.to, self.settings.form
            await self.turns.came(to, form, table.name, cursor, next_cursor(now))

    async def _has_rows(self, export: Export) -> bool:
        async for _ in portions(self.tables, export):
            return True
        return False

    async def _put(self, part: Export) -> None:
        form = self.settings.form
        pieces = encoded(self.tables, part, encoder(form, part.table.columns))
        await self.place.put(file_name(part.table.name, part.since, form), pieces)

    def _manifest(self, now: datetime) -> bytes:
        """For whoever fetches the files: how far they reach, and what is in them."""
        told = {
            "exported_at": instant_text(now),
            "format": self.settings.form.value,
            "personal": self.settings.personal,
            "tables": {
                name: {
                    "key": table.key,
                    "columns": {column.name: column.kind.value for column in table.columns},
                    "files": f"{name}/*.{self.settings.form}",
                }
                for name, table in visible(personal=self.settings.personal).items()
            },
        }
        return json.dumps(told, indent=2).encode()
