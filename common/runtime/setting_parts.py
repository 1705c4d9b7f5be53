"""Parts of the settings: what goes out beside mail, and the CRM."""

import re
from base64 import b64decode
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    model_validator,
)
from pydantic_settings import NoDecode

from common.domain.report_tables.forms import Form

HttpAddress = Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SmsSettings(Part):
    """Where text messages are handed over (docs/messages.md); without `url` there are none. `token`: sent as bearer.

    `region`: two letters, the country of numbers without a country code whose contact tells none. Times in seconds.
    """

    url: HttpAddress | None = None
    token: SecretStr | None = None
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    pool: Annotated[int, Field(ge=1, le=100)] = 8
    timeout: Annotated[float, Field(gt=0, le=120)] = 20


def _is_secret(value: SecretStr) -> SecretStr:
    """`whsec_` and 24 to 64 bytes in base64, as Standard Webhooks wants it."""
    text = value.get_secret_value()
    try:
        length = len(b64decode(text.removeprefix("whsec_"), validate=True))
    except ValueError:
        length = 0
    if not text.startswith("whsec_") or not 24 <= length <= 64:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64")
    return value


def _named(value: Any) -> Any:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


def _is_custom(name: str) -> str:
    if not re.fullmatch(r"(company\.)?custom\.[^.]+", name):
        raise ValueError(f"{name!r} is no custom field: write custom.NAME, or company.custom.NAME")
    return name


CustomFields = Annotated[
    tuple[Annotated[str, AfterValidator(_is_custom)], ...], NoDecode, BeforeValidator(_named)
]
"""Named as steps name them, with commas between."""


def _networks(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


WebhookSecret = Annotated[SecretStr, AfterValidator(_is_secret)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_networks)]


class WebhookSettings(Part):
    """Calls to other systems. `secret` signs all, `secrets` those to an address and what lies below it; without any
    secret they are not signed. `allow`: networks that are not public and may be called all the same. `timeout` in
    seconds."""

    secret: WebhookSecret | None = None
    secrets: dict[HttpAddress, WebhookSecret] = Field(default_factory=dict)
    allow: Networks = ()
    pool: Annotated[int, Field(ge=1, le=100)] = 8
    timeout: Annotated[float, Field(gt=0, le=120)] = 10


class CrmKind(StrEnum):
    """Where flows have things done: in collections of ours, by signed calls to any CRM, in the reference CRM."""

    BUILT_IN = "built-in"
    WEBHOOK = "webhook"
    REST = "rest"


class CrmSettings(Part):
    """What is done where: `kind`; without it in the reference CRM if its `url` is set, else in our own collections.
    `webhook_url`: where acts are told that a CRM of any make is to do.

    The reference CRM. Without `secret` its webhook is off, unless `unsigned` events are wanted for trying out. A
    signed event more than `window` seconds old is refused (0: none is): somebody may have kept it.

    With `url` (`https://{env}.superoffice.com/{tenant}/api/v1`) and what gets a token from `token_url`, or a system
    user's ticket in `ticket_file` with the app's `app_token`, records that events are about are fetched, and every
    `look` seconds (0: never) changes and new records are sought of which nobody told.
    `timeout` of a request in seconds. `checkboxes`: custom fields of its records that are yes or no.
    """

    kind: CrmKind | None = None
    webhook_url: HttpAddress | None = None
    secret: Annotated[SecretStr, Field(min_length=16)] | None = None
    unsigned: bool = False
    window: Annotated[int, Field(ge=0, le=36_500 * 86_400)] = 7 * 86_400
    url: HttpAddress | None = None
    token_url: HttpAddress | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    ticket_file: Path | None = None
    app_token: SecretStr | None = None
    timeout: Annotated[float, Field(gt=0, le=120)] = 20
    look: Annotated[int, Field(ge=0, le=86_400)] = 300
    checkboxes: CustomFields = ()

    @model_validator(mode="after")
    def whole(self) -> Self:
        needed = {
            "token_url": self.token_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }
        if self.ticket_file:
            needed = {"app_token": self.app_token}
        missing = [name for name, given in needed.items() if not given]
        if self.url and missing:
            raise ValueError(f"with url, {' and '.join(missing)} must be set, too")
        if self.kind is CrmKind.REST and not self.url:
            raise ValueError("url must be set where kind is rest")
        if self.kind is CrmKind.WEBHOOK and not self.webhook_url:
            raise ValueError("webhook_url must be set where kind is webhook")
        return self

    @property
    def place(self) -> CrmKind:
        """Where it is done."""
        return self.kind or (CrmKind.REST if self.url else CrmKind.BUILT_IN)

    @property
    def outside(self) -> bool:
        """Whether it has to be told of what is changed here."""
        return self.place is not CrmKind.BUILT_IN


class RateSettings(Part):
    """How often a minute, to each process, before one is told to wait. `key`: requests with one key; `unknown`: those
    with unknown keys from one address on the network."""

    key: Annotated[int, Field(ge=1, le=10_000_000)] = 120_000
    unknown: Annotated[int, Field(ge=1, le=1_000_000)] = 300


class ExportSettings(Part):
    """Scheduled exports. `to`: a folder, or `s3://bucket/prefix`; without it there are none. `every` so many seconds
    what is new is written there; `personal`: with columns about persons."""

    to: Annotated[str, Field(pattern=r"^(/|s3://[^/\s]+/).+$")] | None = None
    every: Annotated[int, Field(ge=60, le=7 * 86_400)] = 3600
    form: Form = Form.PARQUET
    personal: bool = False
