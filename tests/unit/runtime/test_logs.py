import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from common.runtime.logs import configure
from common.runtime.settings import LogFormat, LogLevel, LogSettings


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, before = list(root.handlers), root.level, structlog.get_config()
    yield
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_service_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(), service="trigger")
    structlog.contextvars.bind_contextvars(partition=3)
    structlog.get_logger().info("batch.committed", records=2)
    structlog.contextvars.clear_contextvars()
    (line,) = lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "batch.committed", "records": 2, "service": "trigger", "level": "info", "partition": 3,
    }  # fmt: skip


def test_secrets_stay_out_whatever_way_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(), service="trigger")
    structlog.get_logger().warning(
        "request for hr_abcdefghijklmnop",
        password="hush",
        api_key="hush",
        nested={"Authorization": "hush", "list": ["amqp://me:hush@example.org/"]},
        url=SecretStr("hush"),
        text="mongodb://me:hush@example.org/x",
    )
    try:
        raise ValueError("amqp://me:hush@example.org")
    except ValueError:
        structlog.get_logger().exception("failed")
    logging.getLogger("library").warning("login with %s", "smtp://me:hush@example.org")
    text = capsys.readouterr().err
    assert len(text.splitlines()) == 3
    assert "hush" not in text
    assert "hr_abc" not in text
    assert "example.org/x" in text


def test_the_level_holds_for_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(level=LogLevel.WARNING), service="trigger")
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    logging.getLogger("library").error("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]


def test_the_console_is_for_the_eye(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(format=LogFormat.CONSOLE), service="trigger")
    structlog.get_logger().info("ready", token="hush")
    text = capsys.readouterr().err
    assert "ready" in text and "***" in text and "hush" not in text and not text.startswith("{")


@pytest.mark.parametrize("form", LogFormat)
def test_a_traceback_names_places_and_never_what_variables_held(
    form: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(LogSettings(format=form), service="trigger")
    harmless = "hush"
    try:
        raise ValueError("amqp://me:hush@example.org", len(harmless))
    except ValueError:
        structlog.get_logger().exception("failed")
    text = capsys.readouterr().err
    assert "test_logs.py" in text and "ValueError" in text and "hush" not in text
