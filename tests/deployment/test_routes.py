"""Where the proxy and the ingress send a request: to the service whose interface has that path."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.installation import APART

ROOT = Path(__file__).parents[2]
VALUES = ROOT / "deploy" / "helm" / "headrace" / "values.yaml"
PROXY = ROOT / "deploy" / "proxy" / "nginx.conf"
ROUTE = re.compile(r"^\s*~(\S+)\s+(\w+);$", re.MULTILINE)
SHARED = ("/docs", "/openapi.json")
"""Every process has these; from outside they are the studio's."""

Router = Callable[[str], str]


def public_paths() -> list[tuple[str, str]]:
    """Each service and the paths of its published description, parameters filled in."""
    found = [("studio", path) for path in SHARED]
    for service in APART:
        file = ROOT / "docs" / "openapi" / f"{service}.json"
        if file.exists():
            found += [
                (service, path.replace("{", "").replace("}", ""))
                for path in json.loads(file.read_text())["paths"]
            ]
    return found


def by_proxy(path: str) -> str:
    """The first expression of nginx's map that matches, else its default."""
    routes = ROUTE.findall(PROXY.read_text())
    return next((service for pattern, service in routes if re.match(pattern, path)), "studio")


def by_ingress(path: str) -> str:
    """The longest prefix in whole parts of the path, as Kubernetes matches."""
    services = yaml.safe_load(VALUES.read_text())["services"]
    prefixes = {prefix.rstrip("/"): service for service, own in services.items() for prefix in own["paths"]}
    fitting = [prefix for prefix in prefixes if path == prefix or path.startswith(f"{prefix}/")]
    return prefixes[max(fitting, key=len)]


@pytest.mark.parametrize("router", [by_proxy, by_ingress])
@pytest.mark.parametrize(("service", "path"), public_paths())
def test_each_path_leads_to_its_service(router: Router, service: str, path: str) -> None:
    assert router(path) == service, f"route {path} to {service} in {PROXY} and {VALUES}"
