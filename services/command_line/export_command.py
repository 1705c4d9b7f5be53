"""`headrace export`: tables into files of a folder, whole or what was written since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from common.domain.report_tables import TABLES
from common.domain.report_tables.forms import Form, file_name
from common.domain.report_tables.visible import KEPT_AT
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.terminal import AsJson, Key, Url, connect, errors, parsed, say, write_json

CURSOR = "Headrace-Cursor"


@dataclass(frozen=True, slots=True)
class Exported:
    """One file. `cursor`: what to give as `--since` next time; `None` for tables that are read as a whole."""

    table: str
    file: Path
    bytes: int
    cursor: str | None


def cursor(text: str) -> datetime:
    """Raises `ValueError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("should be a cursor that an export told, such as 2024-06-01T10:00:00.000Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def export(
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="Such as report_exits.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All tables.")] = False,
    form: Annotated[Form, typer.Option("--format", help="What kind of files.")] = Form.CSV,
    since: Annotated[
        Any,
        typer.Option(parser=parsed(cursor), metavar="CURSOR", show_default=False,
                     help="Only rows written since: the cursor that an export told. Tables that tell how things "
                     "stand are exported as a whole."),
    ] = None,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.", file_okay=False)] = Path(),
    personal: Annotated[bool, typer.Option("--personal", help="With columns about persons.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write the tables for analysts into files. One that is there already is replaced once the new one is whole."""
    installation = connect(url, key)
    done: list[Exported] = []
    bar = Progress(
        TextColumn("{task.description}", markup=False), DownloadColumn(), TransferSpeedColumn(),
        console=errors, transient=True, disable=not errors.is_terminal,
    )  # fmt: skip
    with bar:
        for name in wanted(table, every=every):
            begin = since if TABLES[name].column(KEPT_AT) else None
            asked = {"format": form.value, "personal": str(personal).lower()}
            asked |= {} if begin is None else {"since": begin.isoformat()}
            file = to / file_name(name, begin, form)
            done.append(Download(installation, name, file, bar, bar.add_task(name, total=None)).run(asked))
            if not as_json:
                say(f"{done[-1].file}: {done[-1].bytes} bytes")
    tell(done, as_json=as_json)


def wanted(table: str | None, *, every: bool) -> Sequence[str]:
    """Raises `CommandFailed`."""
    if every and table is None:
        return list(TABLES)
    if every or table not in TABLES:
        raise CommandFailed(f"name one table, or give --all; there are {', '.join(TABLES)}")
    return [table]


def tell(done: Sequence[Exported], *, as_json: bool) -> None:
    if as_json:
        write_json([row(each) for each in done])
        return
    cursors = sorted(each.cursor for each in done if each.cursor is not None)
    if cursors:
        say(f"Read on next time with --since {cursors[0]}")


def row(each: Exported) -> dict[str, object]:
    return {"table": each.table, "file": str(each.file), "bytes": each.bytes, "cursor": each.cursor}


@dataclass(frozen=True, slots=True)
class Download:
    """One table on its way into a file."""

    installation: Installation
    table: str
    file: Path
    bar: Progress
    task: TaskID

    def run(self, asked: dict[str, str]) -> Exported:
        """Raises `CommandFailed`, `Unreachable` and `Refused`; no half file is left then."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_name(f".{self.file.name}.part")
        try:
            with self.installation.stream(f"/v1/reports/exports/{self.table}", asked) as answer:
                written = self._write(part, answer.iter_bytes())
                cursor = answer.headers.get(CURSOR)
            part.replace(self.file)
        except OSError as error:
            raise CommandFailed(f"can't write {self.file}: {error.strerror}") from None
        finally:
            part.unlink(missing_ok=True)
        return Exported(self.table, self.file, written, cursor)

    def _write(self, part: Path, pieces: Iterator[bytes]) -> int:
        written = 0
        with part.open("wb") as file:
            for piece in pieces:
                written += file.write(piece)
                self.bar.update(self.task, completed=written)
        return written
