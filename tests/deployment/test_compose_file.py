"""docker-compose.yml, read: it tells the services what they read, and nothing stands in the way of `--scale`."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from common.runtime.settings import PREFIX, Environment, Settings
from tests.support.installation import APART

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
EXAMPLE = (ROOT / ".env.example").read_text()
REFERENCE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
BY_IMAGE = {"HEADRACE_ENVIRONMENT", "HEADRACE_HOST", "HEADRACE_PORT", "HEADRACE_DATA_DIR"}
BY_SERVER = {"FORWARDED_ALLOW_IPS"}
"""Read by the web server itself: from whom it takes the address of a visitor."""
BY_STORE = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
"""Read by what speaks to the bucket that tables are exported to."""
NOT_NEEDED = {"HEADRACE_QUEUE_PREFIX", "HEADRACE_CRM_UNSIGNED"}
"""One installation has the broker to itself; in production unsigned events are refused."""


def told() -> dict[str, str | None]:
    (settings,) = {id(COMPOSE["services"][service]["environment"]): COMPOSE["services"][service]["environment"]
                   for service in APART}.values()  # fmt: skip
    return settings


def variables(model: type[BaseModel], prefix: str = PREFIX) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            found |= variables(part, f"{prefix}{name.upper()}_")
        else:
            found.add(f"{prefix}{name.upper()}")
    return found


def filled(value: str) -> str:
    """As compose fills in; what has to be given is given."""
    return REFERENCE.sub(lambda found: found[3] if found[2] == "-" else "x" * 64, value)


def test_every_setting_can_be_given() -> None:
    assert set(told()) - BY_SERVER - BY_STORE == variables(Settings) - BY_IMAGE - NOT_NEEDED


def test_the_services_take_what_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in told().items():
        if value is not None:
            monkeypatch.setenv(name, filled(value))
    settings = Settings(environment=Environment.PRODUCTION)
    assert settings.amqp_url is not None


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = set(re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE))
    found = {name: mark for name, mark, _ in REFERENCE.findall(text) if re.search("PASSWORD|SECRET$", name)}
    assert found == dict.fromkeys(secrets, "?")


@pytest.mark.parametrize("service", APART)
def test_each_service_is_run_and_can_be_scaled(service: str) -> None:
    own = COMPOSE["services"][service]
    assert own["command"] == ["python", "-m", f"services.{service}"]
    assert own["healthcheck"]["test"] == ["CMD", "ready"]
    assert "ports" not in own
    assert not any("container_name" in each for each in COMPOSE["services"].values())


def test_the_example_names_variables_that_are_read() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert named <= {name for name, _, _ in REFERENCE.findall(text)} | set(told())
