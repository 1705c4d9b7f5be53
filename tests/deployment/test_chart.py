"""The Helm chart, rendered by Helm: valid to Kubernetes, and naming what the services really read and listen to."""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.messages.topology import EVENTS_QUEUE, ROAD, Service, queue_name
from common.runtime.settings import PREFIX, Environment, Settings
from tests.support.installation import APART

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "headrace"
BIN = Path(sys.executable).parent
GIVEN = {"secret.name": "headrace", "publicUrl": "https://mail.example.org"}
INGRESS = {"ingress.enabled": "true", "ingress.host": "mail.example.org", "ingress.tlsSecret": "mail-tls"}
SECRETS = {
    "HEADRACE_MONGODB_URL": "mongodb://mongodb.example.org/?replicaSet=rs0",
    "HEADRACE_AMQP_URL": "amqp://headrace:x@rabbitmq.example.org/",
    "HEADRACE_SECRET": "a secret of the tests, long enough to be taken",
    "HEADRACE_SMTP_URL": "smtp://mail.example.org",
}

pytestmark = pytest.mark.skipif(
    not (BIN / "helm").exists() and os.environ.get("CI") != "true", reason="no helm: scripts/helm fetches it"
)


def helm(*arguments: str, given: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    sets = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    return subprocess.run(
        [BIN / "helm", *arguments, str(CHART), *sets], capture_output=True, text=True, check=False
    )


def render(**more: str) -> str:
    done = helm("template", "demo", given=GIVEN | more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def rendered() -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(render(**INGRESS)) if each]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """By the service that each is for."""
    found = [each for each in rendered() if each["kind"] == kind]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each for each in found}


def container(service: str) -> dict[str, Any]:
    (only,) = of_kind("Deployment")[service]["spec"]["template"]["spec"]["containers"]
    return only


def test_helm_finds_no_fault() -> None:
    done = helm("lint", "--strict", given=GIVEN)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", ["1.27.0", "1.36.0"])
def test_kubernetes_knows_every_field(version: str, tmp_path: Path) -> None:
    file = tmp_path / "rendered.yaml"
    file.write_text(render(**INGRESS))
    command = [BIN / "kubernetes-validate", "--strict", "--no-warn", "-k", version, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", APART)
def test_each_service_is_run_looked_after_and_reached(service: str) -> None:
    own = container(service)
    assert own["args"] == ["python", "-m", f"services.{service}"]
    assert (ROOT / "services" / service / "__main__.py").exists()
    assert own["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert own["readinessProbe"]["httpGet"]["path"] == "/readyz"
    labels = of_kind("Deployment")[service]["spec"]["template"]["metadata"]["labels"].items()
    assert of_kind("Service")[service]["spec"]["selector"].items() <= labels
    assert of_kind("PodDisruptionBudget")[service]["spec"]["selector"]["matchLabels"].items() <= labels


@pytest.mark.parametrize("service", APART)
def test_the_services_take_their_settings_as_given(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for variable in container(service)["env"]:
        secret = "valueFrom" in variable
        assert secret == (variable["name"] in SECRETS)
        monkeypatch.setenv(variable["name"], SECRETS[variable["name"]] if secret else variable["value"])
    settings = Settings(environment=Environment.PRODUCTION)
    assert settings.amqp_url is not None
    assert settings.public_url == GIVEN["publicUrl"]
    assert settings.partitions == 8


def test_the_first_key_is_where_the_studio_looks_for_it() -> None:
    (mount,) = [each for each in container("studio")["volumeMounts"] if each["name"] == "first-key"]
    (volume,) = [
        each
        for each in of_kind("Deployment")["studio"]["spec"]["template"]["spec"]["volumes"]
        if each["name"] == "first-key"
    ]
    (item,) = volume["secret"]["items"]
    assert Path(mount["mountPath"]) / item["path"] == Settings(data_dir=Path("/data")).key_file


@pytest.mark.parametrize("service", ROAD)
def test_what_takes_tickets_is_scaled_by_all_its_queues(service: Service) -> None:
    spec = of_kind("ScaledObject")[service]["spec"]
    assert spec["scaleTargetRef"]["name"] == of_kind("Deployment")[service]["metadata"]["name"]
    assert "replicas" not in of_kind("Deployment")[service]["spec"]
    queues = {trigger["metadata"]["queueName"] for trigger in spec["triggers"]}
    events = {EVENTS_QUEUE} if service is Service.TRIGGER else set()
    assert queues == {queue_name(service, partition) for partition in range(8)} | events
    formula = spec["advanced"]["scalingModifiers"]["formula"].split(" + ")
    assert sorted(formula) == sorted(trigger["name"] for trigger in spec["triggers"])


def test_nothing_else_is_scaled() -> None:
    assert set(of_kind("ScaledObject")) == set(ROAD)
    assert all(isinstance(each, str) for trigger in triggers() for each in trigger["metadata"].values())


def triggers() -> list[dict[str, Any]]:
    return [trigger for each in of_kind("ScaledObject").values() for trigger in each["spec"]["triggers"]]


def test_without_keda_replicas_are_counted_by_hand() -> None:
    documents = [each for each in yaml.safe_load_all(render(**{"autoscaling.enabled": "false"})) if each]
    assert not [each for each in documents if each["apiVersion"].startswith("keda")]
    assert [each["spec"]["replicas"] for each in documents if each["kind"] == "Deployment"] == [2] * 6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secret.name": ""}, "secret"),
        ({"publicUrl": ""}, "publicUrl"),
        ({"autoscaling.minReplicas": "0"}, "minReplicas"),
        ({"autoscaling.maxReplicas": "9"}, "maxReplicas"),
        ({"replicas": "3"}, "replicas"),
        ({"settings.HEADRACE_SECRET": "in the open"}, "HEADRACE_SECRET"),
        ({"services.trigger.replica": "3"}, "replica"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(given: dict[str, str], said: str) -> None:
    done = helm("template", "demo", given=GIVEN | given)
    assert done.returncode != 0
    assert said in done.stderr
