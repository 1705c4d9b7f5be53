import os
from pathlib import Path

import pytest

from common.runtime.settings import BadSettings, Encryption, Environment, LogLevel, load

PRODUCTION = {
    "HEADRACE_ENVIRONMENT": "production",
    "HEADRACE_MONGODB_URL": "mongodb://user:hush@db.example.org/",
    "HEADRACE_SECRET": "s" * 40,
    "HEADRACE_SMTP_URL": "smtps://mail.example.org",
    "HEADRACE_PUBLIC_URL": "https://flows.example.org",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("HEADRACE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_nothing_has_to_be_set_to_try_it_out(tmp_path: Path) -> None:
    settings = load()
    assert settings.environment is Environment.EMBEDDED
    assert settings.data_dir == tmp_path / "headrace"
    assert (settings.host, settings.port, settings.partitions) == ("127.0.0.1", 8080, 8)


def test_the_signing_secret_is_made_once_and_kept_for_its_owner_alone() -> None:
    settings = load()
    secret = settings.signing_secret()
    assert len(secret) >= 40
    assert load().signing_secret() == secret
    assert (settings.data_dir / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", sorted(PRODUCTION.keys() - {"HEADRACE_ENVIRONMENT"}))
def test_production_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_all(monkeypatch, PRODUCTION)
    assert load().environment is Environment.PRODUCTION
    monkeypatch.delenv(missing)
    with pytest.raises(BadSettings, match=missing):
        load()


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, PRODUCTION | {"HEADRACE_SECRET": ""})
    with pytest.raises(BadSettings, match="HEADRACE_SECRET"):
        load()


def test_the_parts_of_a_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_SMTP_URL", "smtp+starttls://me%40example.org:p%2Fw@mail.example.org")
    monkeypatch.setenv("HEADRACE_SMTP_POOL", "3")
    smtp = load().smtp
    server = smtp.server()
    assert server is not None and server.password is not None
    assert (server.host, server.port, server.encryption) == ("mail.example.org", 587, Encryption.STARTTLS)
    assert (server.username, server.password.get_secret_value(), smtp.pool) == ("me@example.org", "p/w", 3)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HEADRACE_PORT", "many"),
        ("HEADRACE_PARTITIONS", "0"),
        ("HEADRACE_SMTP_POOL", "0"),
        ("HEADRACE_LOG_LEVEL", "loud"),
        ("HEADRACE_PUBLIC_URL", "example.org"),
        ("HEADRACE_DATABASE", "a b"),
        ("HEADRACE_SECRET", "short-hush"),
        ("HEADRACE_SMTP_URL", "http://user:hush@mail.example.org"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings) as refused:
        load()
    assert variable.removesuffix("_URL") in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("days", ["0", "366", "4000"])
def test_facts_are_kept_for_ever_or_for_the_year_in_which_orders_count(
    monkeypatch: pytest.MonkeyPatch, days: str
) -> None:
    monkeypatch.setenv("HEADRACE_RETENTION_FACTS", days)
    assert load().retention.facts == int(days)
    monkeypatch.setenv("HEADRACE_RETENTION_FACTS", "365")
    with pytest.raises(BadSettings, match="at least 366"):
        load()


def test_a_slow_channel_does_not_ask_for_a_longer_lease_of_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_SMS_TIMEOUT", "120")
    monkeypatch.setenv("HEADRACE_WEBHOOK_TIMEOUT", "60")
    assert load().smtp.lease == 60


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, PRODUCTION)
    shown = repr(load()) + load().model_dump_json()
    assert "hush" not in shown
    assert "ssss" not in shown


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_PORT", "1")
    monkeypatch.setenv("HEADRACE_LOG_LEVEL", "error")
    settings = load(port=2)
    assert (settings.port, settings.log.level) == (2, LogLevel.ERROR)


REST = {
    "HEADRACE_CRM_URL": "https://online.example.org/Cust1/api/v1",
    "HEADRACE_CRM_TOKEN_URL": "https://login.example.org/tokens",
    "HEADRACE_CRM_CLIENT_ID": "app",
    "HEADRACE_CRM_CLIENT_SECRET": "hush",
    "HEADRACE_CRM_REFRESH_TOKEN": "hush",
}


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, "built-in"),
        (REST, "rest"),
        (REST | {"HEADRACE_CRM_KIND": "built-in"}, "built-in"),
        (
            {"HEADRACE_CRM_KIND": "webhook", "HEADRACE_CRM_WEBHOOK_URL": "https://crm.example.org/acts"},
            "webhook",
        ),
    ],
)
def test_acts_are_done_where_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], place: str
) -> None:
    set_all(monkeypatch, variables)
    assert load().crm.place == place


@pytest.mark.parametrize(("kind", "missing"), [("rest", "url"), ("webhook", "webhook_url")])
def test_a_place_needs_its_address(monkeypatch: pytest.MonkeyPatch, kind: str, missing: str) -> None:
    monkeypatch.setenv("HEADRACE_CRM_KIND", kind)
    with pytest.raises(BadSettings, match=f"{missing} must be set"):
        load()


def test_the_crm_s_checkboxes_are_named_as_steps_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_CRM_CHECKBOXES", "custom.x_vip, company.custom.SuperOffice:3")
    assert load().crm.checkboxes == ("custom.x_vip", "company.custom.SuperOffice:3")
    monkeypatch.setenv("HEADRACE_CRM_CHECKBOXES", "x_vip")
    with pytest.raises(BadSettings, match=r"'x_vip' is no custom field: write custom\.NAME"):
        load()
