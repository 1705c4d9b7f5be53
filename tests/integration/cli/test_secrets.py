"""Secrets are marked, all that uses them goes wrong, and whatever the process tells is searched for the marks."""

import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.runtime.settings import load
from tests.integration.cli.conftest import Up, headrace
from tests.integration.observability.collector import collecting
from tests.support.flows import a_flow
from tests.support.ports import free_port

pytestmark = pytest.mark.mongo

NAMES = ("signing", "smtp", "sms", "webhook", "crm", "client", "refresh", "amqp", "mongodb", "guess")
MARKS = {name: f"marked-{name}-{uuid4().hex}" for name in NAMES}
WEBHOOK = "whsec_" + b64encode(MARKS["webhook"].encode()).decode()
TOLD = [*MARKS.values(), WEBHOOK, WEBHOOK.removeprefix("whsec_")]


def environment(closed: int) -> dict[str, str]:
    """Everything outside is an address at which nobody listens."""
    return {
        "HEADRACE_LOG_LEVEL": "debug",
        "HEADRACE_SECRET": MARKS["signing"],
        "HEADRACE_SMTP_URL": f"smtp://me:{MARKS['smtp']}@127.0.0.1:{closed}",
        "HEADRACE_SMS_URL": f"http://127.0.0.1:{closed}/sms",
        "HEADRACE_SMS_TOKEN": MARKS["sms"],
        "HEADRACE_SMS_REGION": "DE",
        "HEADRACE_WEBHOOK_SECRET": WEBHOOK,
        "HEADRACE_WEBHOOK_ALLOW": "127.0.0.0/8",
        "HEADRACE_CRM_SECRET": MARKS["crm"],
        "HEADRACE_CRM_URL": f"http://127.0.0.1:{closed}/api/v1",
        "HEADRACE_CRM_TOKEN_URL": f"http://127.0.0.1:{closed}/token",
        "HEADRACE_CRM_CLIENT_ID": "headrace",
        "HEADRACE_CRM_CLIENT_SECRET": MARKS["client"],
        "HEADRACE_CRM_REFRESH_TOKEN": MARKS["refresh"],
        "HEADRACE_CRM_LOOK": "1",
        "HEADRACE_AMQP_URL": f"amqp://me:{MARKS['amqp']}@127.0.0.1:{closed}/",
    }


def requests(closed: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What makes every channel be used, and what is refused at the door."""
    flow = (
        a_flow()
        .step("call_webhook", "call", url=f"http://127.0.0.1:{closed}/hook", body={"a": "b"})
        .step("send_sms", "text", text="hello")
        .step("create_request", "ask", subject="Help")
        .mail("hello")
    )
    body = flow.build().model_dump(mode="json", exclude_unset=True)
    content = {"name": "hello", "subject": "Hello", "html": '<a href="{{ unsubscribe }}">x</a>'}
    contact = {
        "id": "1",
        "email": "1@example.org",
        "mobile": "+4915112345678",
        "consents": {"e_marketing": {"basis": "consent"}},
    }
    event = {"id": "1", "type": "order.placed", "contact": "1"}
    guess = {"Authorization": f"Bearer hr_{MARKS['guess']}"}
    return [
        ("PUT", "/v1/contents/hello", {"json": content}),
        ("PUT", "/v1/flows/all", {"json": body}),
        ("POST", "/v1/flows/all/run", {"headers": {"If-Match": "*"}}),
        ("PUT", "/v1/contacts", {"json": contact}),
        ("POST", "/v1/events", {"json": event}),
        ("GET", "/v1/flows", {"headers": guess}),
        ("GET", "/odata", {"auth": ("me", MARKS["guess"])}),
        ("GET", "/r/l/nonsense", {}),
        ("POST", "/v1/events/crm", {"content": b"{}", "headers": {"X-Superoffice-Signature": "bm8="}}),
        ("PUT", "/v1/flows/all", {"content": b"{"}),
        *(("GET", path, {}) for path in ("/v1/keys", "/metrics", "/openapi.json", "/v1/operations/stuck")),
    ]


def test_no_secret_is_in_logs_answers_or_traces_when_all_that_uses_them_fails(
    tmp_path: Path, mongo_url: str
) -> None:
    closed = free_port()
    answers = []
    with collecting() as collector:
        variables = environment(closed) | {
            "HEADRACE_MONGODB_URL": mongo_url,
            "HEADRACE_DATABASE": f"test_{uuid4().hex[:12]}",
            "HEADRACE_OTEL_ENDPOINT": collector.url,
            "HEADRACE_OTEL_SAMPLE": "1",
        }
        up = Up(tmp_path, "--empty", **variables)
        try:
            up.ready()
            key = (tmp_path / "key").read_text().strip()
            for method, path, asked in requests(closed):
                headers = {"Authorization": f"Bearer {key}"} | asked.pop("headers", {})
                answers.append(httpx.request(method, up.url + path, headers=headers, timeout=60, **asked))
            time.sleep(2)
            answers.append(
                httpx.get(
                    f"{up.url}/v1/why", params={"flow": "all", "contact": "1"}, headers={"X-API-Key": key}
                )
            )
        finally:
            up.stop()
        spans = "".join(map(str, collector.spans))
    log = up.log.read_text()
    told = log + spans + "".join(f"{each.status_code} {each.headers} {each.text}" for each in answers)

    assert all(each.is_success for each in answers[:5]), "\n".join(each.text for each in answers[:5])
    assert log.count('"level": "warning"') > 3, log[-3000:]
    assert collector.spans
    assert [mark for mark in [*TOLD, key] if mark in told] == []


def test_a_start_that_fails_tells_no_secret(tmp_path: Path, mongo_url: str) -> None:
    host = mongo_url.removeprefix("mongodb://")
    variables = environment(free_port()) | {"HEADRACE_MONGODB_URL": f"mongodb://me:{MARKS['mongodb']}@{host}"}
    done = headrace(tmp_path, "up", "--empty", "--port", "0", **variables)
    assert done.code == 1
    assert [mark for mark in TOLD if mark in done.out + done.err] == []


def test_settings_show_no_secret_however_they_are_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        environment(1) | {"HEADRACE_MONGODB_URL": f"mongodb://me:{MARKS['mongodb']}@db"}
    ).items():
        monkeypatch.setenv(name, value)
    settings = load()
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        repr(settings.smtp.server()),
    ]
    assert settings.secret is not None and settings.secret.get_secret_value() == MARKS["signing"]
    assert [mark for mark in TOLD for text in shown if mark in text] == []
