"""Who may deliver the CRM's events."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from common.runtime.setting_parts import CrmSettings
from common.runtime.settings import RetentionSettings, Settings
from services.trigger.crm_payload import read_payload
from services.trigger.crm_webhook import BadSignature, Stale, WebhookOff, check, fresh, signature_of
from tests.support.crm import crm_event, signed

SECRET = "shared with the CRM alone"
PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "mongodb_url": "mongodb://db.example.org",
    "secret": "a secret of the tests, long enough to be taken",
    "smtp": {"url": "smtp://mail.example.org"},
    "public_url": "https://flows.example.org",
}


def test_without_a_secret_the_webhook_is_off() -> None:
    with pytest.raises(WebhookOff):
        check(CrmSettings(), signed(SECRET, b"{}"), b"{}")


def test_it_can_be_opened_to_anybody() -> None:
    check(CrmSettings(unsigned=True), None, b"{}")


def test_where_there_is_a_secret_the_signature_is_wanted_all_the_same() -> None:
    settings = CrmSettings(secret=SecretStr(SECRET), unsigned=True)

    with pytest.raises(BadSignature):
        check(settings, None, b"{}")
    check(settings, signed(SECRET, b"{}"), b"{}")


def test_a_known_signature() -> None:
    """RFC 4231, test case 2."""
    expected = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")

    assert b64decode(signature_of("Jefe", b"what do ya want for nothing?")) == expected


def test_an_event_older_than_the_window_is_refused_whoever_signed_it() -> None:
    settings = CrmSettings(secret=SecretStr(SECRET), window=3600)
    payload = read_payload(crm_event("sale.created", Timestamp="2026-03-01T10:00:00.1234567+01:00"))
    fresh(settings, payload, datetime(2026, 3, 1, 9, 59, tzinfo=UTC))
    with pytest.raises(Stale):
        fresh(settings, payload, datetime(2026, 3, 1, 10, 1, tzinfo=UTC))


def test_the_window_ends_before_repeats_are_forgotten() -> None:
    with pytest.raises(ValidationError, match="CRM_WINDOW"):
        Settings(retention=RetentionSettings(events=3), crm=CrmSettings(secret=SecretStr(SECRET)))
    shorter = CrmSettings(secret=SecretStr(SECRET), window=86_400)
    assert Settings(retention=RetentionSettings(events=3), crm=shorter).crm.window


def test_in_production_it_is_not_opened_to_anybody() -> None:
    with pytest.raises(ValidationError, match="CRM_UNSIGNED"):
        Settings(**PRODUCTION, crm=CrmSettings(unsigned=True))
    assert Settings(**PRODUCTION).crm.secret is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValidationError):
        CrmSettings(secret=SecretStr("short"))


def test_it_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_CRM_SECRET", SECRET)
    monkeypatch.setenv("HEADRACE_CRM_UNSIGNED", "true")

    crm = Settings().crm

    assert (crm.secret, crm.unsigned) == (SecretStr(SECRET), True)
