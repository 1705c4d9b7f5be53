"""Structured logs, one line an event, JSON or for the eye. Secrets never get into them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from pydantic import SecretStr

from common.runtime.settings import LogFormat, LogSettings

MASK = "***"
SECRET_NAMES = re.compile(r"secret|passw|token|authorization|api_?key|cookie", re.IGNORECASE)
CREDENTIALS = re.compile(r"(?<=://)[^\s/@]+(?=@)")
"""User and password in an address."""
KEYS = re.compile(r"\bhr_[\w-]{8,}")
"""An API key, wherever it turns up."""

Event = MutableMapping[str, Any]

QUIET = ("uvicorn.access", "pymongo", "aio_pika", "aiormq", "asyncio", "httpx", "mail.log")
"""Libraries of which only warnings are wanted."""


def configure(settings: LogSettings, *, service: str) -> None:
    """Send structlog and the standard library's loggers to stderr, each line naming the service.

    Tracebacks are plain text, without the values of variables: these may be secret or personal, and drawing them
    costs half a second each.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service(service),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level_number(settings)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask,
                renderer(settings.format),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level_number(settings), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def level_number(settings: LogSettings) -> int:
    return logging.getLevelNamesMapping()[settings.level.upper()]


def name_service(service: str) -> structlog.typing.Processor:
    def add(logger: Any, method: str, event: Event) -> Event:
        event.setdefault("service", service)
        return event

    return add


def renderer(form: LogFormat) -> structlog.typing.Processor:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer(default=str)
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)


def mask(logger: Any, method: str, event: Event) -> Event:
    """Blank whatever is named like a secret, typed as one, or looks like one."""
    for name, value in event.items():
        event[name] = MASK if SECRET_NAMES.search(name) and value is not None else masked(value)
    return event


def masked(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, str):
        return KEYS.sub(MASK, CREDENTIALS.sub(MASK, value))
    if isinstance(value, dict):
        return {
            name: MASK if SECRET_NAMES.search(str(name)) else masked(inner) for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value
