"""`headrace up`: what it makes up is for trying out, and stays out of production."""

import pytest

from common.runtime.settings import Environment
from services.command_line.up import Wanted, phone_for, settings_for

PRODUCTION = {
    "ENVIRONMENT": "production",
    "MONGODB_URL": "mongodb://localhost",
    "SECRET": "s" * 32,
    "SMTP_URL": "smtp://localhost",
    "PUBLIC_URL": "https://flows.example.org",
    "PORT": "0",
}


def in_production(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    for name, value in (PRODUCTION | more).items():
        monkeypatch.setenv(f"HEADRACE_{name}", value)


def test_text_messages_are_shown_to_everybody_only_where_somebody_tries_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, told = phone_for(settings_for(Wanted(port=0)), demo=False)
    assert here
    assert told.sms.url
    in_production(monkeypatch)
    none, told = phone_for(settings_for(Wanted()), demo=False)
    assert none == []
    assert told.sms.url is None


def test_a_demo_is_no_production_whatever_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch)
    assert settings_for(Wanted()).environment is Environment.PRODUCTION
    assert settings_for(Wanted(demo=True)).environment is Environment.EMBEDDED
