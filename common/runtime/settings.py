"""Settings from the environment, checked before anything starts.

Each is a variable that begins with `HEADRACE_`: `HEADRACE_PORT`, `HEADRACE_SMTP_URL`, `HEADRACE_LOG_LEVEL`.
"""

import os
import secrets
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.domain.bots import Limits
from common.runtime.secret_file import keep
from common.runtime.setting_parts import (
    CrmSettings,
    ExportSettings,
    HttpAddress,
    Part,
    RateSettings,
    SmsSettings,
    WebhookSettings,
)

PREFIX = "HEADRACE_"


class Environment(StrEnum):
    """`embedded`: what is missing is made. `production`: what is missing is refused."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Encryption(StrEnum):
    """How a connection to the mail server is protected, by the scheme of its address."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


DEFAULT_PORT = {Encryption.NONE: 25, Encryption.STARTTLS: 587, Encryption.TLS: 465}


class MatcherChoice(StrEnum):
    """How events find the flows that they concern, beside the index: every flow's conditions are asked, or only
    those that durable_rules proposes (where it can be imported)."""

    CLOSURES = "closures"
    DURABLE_RULES = "durable_rules"


class MailServer(Part):
    """Where mail is handed over."""

    host: str
    port: int
    encryption: Encryption
    username: str | None
    password: SecretStr | None


class SmtpSettings(Part):
    """`url`: `smtp://`, `smtp+starttls://` or `smtps://` with `user:password@host:port`; times in seconds.

    `lease`: how long a message may be on the wire before it counts as in doubt; another channel has the same, or
    three times its timeout where it needs longer. `bounces`: so many in a row block an address.
    """

    url: SecretStr | None = None
    pool: Annotated[int, Field(ge=1, le=100)] = 8
    timeout: Annotated[float, Field(gt=0, le=120)] = 20
    lease: Annotated[float, Field(gt=0, le=600)] = 60
    bounces: Annotated[int, Field(ge=1, le=100)] = 5

    @model_validator(mode="after")
    def understandable(self) -> Self:
        self.server()
        if self.timeout * 2 >= self.lease:
            raise ValueError(f"lease must be more than twice the timeout of {self.timeout:g} s")
        return self

    def server(self) -> MailServer | None:
        """The parts of `url`; raises `ValueError` (which never shows the address) when it is none."""
        if self.url is None:
            return None
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme not in tuple(Encryption) or not parts.hostname:
            raise ValueError("url must look like smtp+starttls://user:password@mail.example.org:587")
        encryption = Encryption(parts.scheme)
        return MailServer(
            host=parts.hostname,
            port=parts.port or DEFAULT_PORT[encryption],
            encryption=encryption,
            username=unquote(parts.username) if parts.username else None,
            password=SecretStr(unquote(parts.password)) if parts.password else None,
        )


class ReaderSettings(Part):
    """What is made of readers' visits. `opens`: marketing mail tells when it is opened. What gives machines away, in
    seconds: `soon` after delivery nobody reads yet, and nobody follows several links `together`; 0 for never."""

    opens: bool = True
    soon: Annotated[float, Field(ge=0, le=300)] = 5
    together: Annotated[float, Field(ge=0, le=60)] = 2

    def limits(self) -> Limits:
        return Limits(timedelta(seconds=self.soon), timedelta(seconds=self.together))


class FormSettings(Part):
    """`per_minute`: how many submissions one address on the network may send to each process."""

    per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60


class LogSettings(Part):
    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.JSON


class OtelSettings(Part):
    """`endpoint`: a collector that takes OTLP over HTTP, such as `http://localhost:4318`; without one nothing is
    traced. `sample`: the share of requests, and of batches of timers, that begin a trace."""

    endpoint: HttpAddress | None = None
    sample: Annotated[float, Field(ge=0, le=1)] = 0.01


Days = Annotated[int, Field(ge=0, le=36_500)]
A_YEAR_OF_ORDERS = 366


def for_ever_or_a_year(days: int) -> int:
    """Whoever bought is known by the orders that are kept, for a year from enrolment: without the first one a
    participant would be a buyer twice."""
    if 0 < days < A_YEAR_OF_ORDERS:
        raise ValueError(f"should be 0 (for ever) or at least {A_YEAR_OF_ORDERS}: orders count for a year")
    return days


class RetentionSettings(Part):
    """How long things are kept, in days of machine time; 0 keeps them for ever.

    Participants and effects count from their end: whoever is inside a flow stays. Repeats of events are known for as
    long as `events`, addresses in mails work for as long as `effects`. `attachments` are those that no
    content names.
    """

    events: Days = 400
    decisions: Days = 400
    effects: Days = 400
    participants: Days = 400
    facts: Annotated[Days, AfterValidator(for_ever_or_a_year)] = 400
    refused: Days = 400
    submissions: Days = 400
    attachments: Days = 30
    bulk_enrolments: Days = 400


def default_data_dir() -> Path:
    """Where the XDG base directory specification puts a user's data."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "headrace"


class Settings(BaseSettings):
    """What every process of an installation is told.

    `mongodb_url`, `amqp_url`, `secret` (which signs the addresses in mails) and `secret_before` (whose addresses
    still work) are secrets. `amqp_url` may be
    missing: then there is no fast path. `public_url` is where contacts' browsers reach `/r/…`. `body_limit`:
    the largest request taken, in bytes. `matcher_minimum`: how many flows must listen for the same events before
    durable_rules is asked. `outside_events`: tell other systems what happens, over the bus.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Environment = Environment.EMBEDDED
    mongodb_url: SecretStr | None = None
    database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")] = "headrace"
    amqp_url: SecretStr | None = None
    queue_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,60}$")] = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    data_dir: Path = Field(default_factory=default_data_dir)
    partitions: Annotated[int, Field(ge=1, le=1024)] = 8
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] = "http://localhost:8080"
    secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    secret_before: Annotated[SecretStr, Field(min_length=32)] | None = None
    body_limit: Annotated[int, Field(ge=1_000, le=15_000_000)] = 10_000_000
    outside_events: bool = False
    matcher: MatcherChoice = MatcherChoice.DURABLE_RULES
    matcher_minimum: Annotated[int, Field(ge=1)] = 500
    smtp: SmtpSettings = SmtpSettings()
    sms: SmsSettings = SmsSettings()
    webhook: WebhookSettings = WebhookSettings()
    crm: CrmSettings = CrmSettings()
    reader: ReaderSettings = ReaderSettings()
    retention: RetentionSettings = RetentionSettings()
    forms: FormSettings = FormSettings()
    rate: RateSettings = RateSettings()
    export: ExportSettings = ExportSettings()
    log: LogSettings = LogSettings()
    otel: OtelSettings = OtelSettings()

    @model_validator(mode="after")
    def complete(self) -> Self:
        if self.environment is Environment.PRODUCTION and (missing := self.missing()):
            raise ValueError(f"{' and '.join(missing)} must be set in production; there is no default")
        if self.environment is Environment.PRODUCTION and self.crm.unsigned:
            raise ValueError(f"{PREFIX}CRM_UNSIGNED is for trying out: in production set {PREFIX}CRM_SECRET")
        known = self.retention.events * 86_400
        if self.crm.secret is not None and 0 < known < self.crm.window:
            raise ValueError(
                f"{PREFIX}CRM_WINDOW must not be longer than {PREFIX}RETENTION_EVENTS, for so long "
                "repeats are known"
            )
        if self.outside_events and self.amqp_url is None:
            raise ValueError(f"{PREFIX}OUTSIDE_EVENTS needs {PREFIX}AMQP_URL: events leave over RabbitMQ")
        return self

    def missing(self) -> list[str]:
        """The variables without which production does not start."""
        needed = {
            "MONGODB_URL": self.mongodb_url is not None,
            "SECRET": self.secret is not None,
            "SMTP_URL": self.smtp.url is not None,
            "PUBLIC_URL": "public_url" in self.model_fields_set,
        }
        return [PREFIX + name for name, given in needed.items() if not given]

    @property
    def key_file(self) -> Path:
        """Where the first key is kept, for the command line."""
        return self.data_dir / "key"

    def signing_secret(self) -> str:
        """The secret that signs addresses; in the embedded mode made once and kept in the data folder."""
        if self.secret is not None:
            return self.secret.get_secret_value()
        return keep(self.data_dir / "secret", lambda: secrets.token_urlsafe(48))


class BadSettings(Exception):
    """Settings that don't hold together; each line names the variable. Never shows a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(**overrides: Any) -> Settings:
    """The settings from the environment, `overrides` (a command line) first; raises `BadSettings`."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise BadSettings([describe(each) for each in error.errors(include_input=False)]) from None


def describe(error: Any) -> str:
    message = error["msg"].removeprefix("Value error, ")
    variable = "_".join(str(part).upper() for part in error["loc"])
    return f"{PREFIX}{variable}: {message}" if variable else message
