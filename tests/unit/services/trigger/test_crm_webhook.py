"""Who may deliver the CRM's events."""

from base64 import b64decode
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from common.runtime.setting_parts import CrmSettings
from common.runtime.settings import Settings
from services.trigger.crm_webhook import BadSignature, WebhookOff, check, signature_of
from tests.support.crm import signed

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
