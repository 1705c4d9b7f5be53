"""`headrace export` against what reporting answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from common.domain.report_tables import TABLES
from services.cli import app
from services.command_line import export_command
from services.command_line.failures import Refused, Unreachable
from services.command_line.installation import Installation

CURSOR = "2024-06-01T10:00:00.000Z"


class Reporting(httpx.BaseTransport):
    """Answers each table with its own name; one breaks off."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        table = request.url.path.rpartition("/")[2]
        self.asked.append((table, dict(request.url.params)))
        if table == "report_versions":
            return httpx.Response(403, json={"detail": "this needs the scope personal"})
        headers = {"Headrace-Cursor": CURSOR} if TABLES[table].column("kept_at") else {}
        return httpx.Response(200, headers=headers, stream=Pieces(table))


class Pieces(httpx.SyncByteStream):
    def __init__(self, table: str) -> None:
        self._table = table

    def __iter__(self) -> Iterator[bytes]:
        yield f"{self._table} ".encode()
        if self._table == "report_exits":
            raise httpx.ReadError("the connection broke")
        yield b"whole"


@pytest.fixture
def reporting(monkeypatch: pytest.MonkeyPatch) -> Reporting:
    transport = Reporting()

    def connect(url: str, key: str | None) -> Installation:
        installation = Installation(url, "hr_key")
        installation._http = httpx.Client(base_url="http://headrace", transport=transport)
        return installation

    monkeypatch.setattr(export_command, "connect", connect)
    return transport


def export(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["export", *arguments])


def test_a_table_becomes_a_file_and_tells_where_to_read_on(reporting: Reporting, tmp_path: Path) -> None:
    done = export("report_revenue", "--to", str(tmp_path))
    assert (tmp_path / "report_revenue" / "whole.csv").read_text() == "report_revenue whole"
    assert reporting.asked == [("report_revenue", {"format": "csv", "personal": "false"})]
    assert CURSOR in done.output


def test_reading_on_goes_into_a_file_of_its_own(reporting: Reporting, tmp_path: Path) -> None:
    done = export("report_revenue", "--since", CURSOR, "--format", "parquet", "--to", str(tmp_path), "--json")
    file = tmp_path / "report_revenue" / "since-20240601T100000.parquet"
    assert file.exists()
    told = {"table": "report_revenue", "file": str(file), "bytes": 20, "cursor": CURSOR}
    assert json.loads(done.output) == [told]
    assert reporting.asked[0][1]["since"] == "2024-06-01T10:00:00+00:00"


def test_tables_that_tell_how_things_stand_are_exported_as_a_whole(
    reporting: Reporting, tmp_path: Path
) -> None:
    export("report_flows", "--since", CURSOR, "--to", str(tmp_path))
    assert "since" not in reporting.asked[0][1]
    assert (tmp_path / "report_flows" / "whole.csv").exists()


def test_what_breaks_off_leaves_the_older_file(reporting: Reporting, tmp_path: Path) -> None:
    (tmp_path / "report_exits").mkdir()
    (tmp_path / "report_exits" / "whole.csv").write_text("of yesterday")
    done = export("report_exits", "--to", str(tmp_path))
    assert isinstance(done.exception, Unreachable)
    assert [file.name for file in (tmp_path / "report_exits").iterdir()] == ["whole.csv"]
    assert (tmp_path / "report_exits" / "whole.csv").read_text() == "of yesterday"


def test_a_refusal_is_told(reporting: Reporting, tmp_path: Path) -> None:
    done = export("report_versions", "--personal", "--to", str(tmp_path))
    assert isinstance(done.exception, Refused)
    assert "scope personal" in str(done.exception)


@pytest.mark.parametrize("arguments", [[], ["contacts"], ["report_exits", "--all"]])
def test_the_tables_are_named_where_none_was(reporting: Reporting, arguments: list[str]) -> None:
    assert "report_enrolments" in str(export(*arguments).exception)


def test_a_strange_cursor_is_complained_of(reporting: Reporting) -> None:
    assert export("report_revenue", "--since", "yesterday").exit_code == 2
