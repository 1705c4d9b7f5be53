"""What the doctor finds, each thing good and bad."""

import socket
from asyncio import to_thread
from pathlib import Path

import httpx
import pytest

from common.adapters.mail.mailbox import Mailbox
from common.runtime.settings import Settings
from services.command_line import doctor
from services.command_line.doctor import Finding
from services.command_line.installation import Installation
from tests.integration.cli.conftest import headrace
from tests.support.ports import free_port


def settings(**given: object) -> Settings:
    return Settings.model_validate(given)


def assert_bad(finding: Finding, *words: str) -> None:
    assert not finding.good
    assert finding.advice, "what is wrong comes with what to do"
    for word in words:
        assert word in finding.text + finding.advice


def test_a_data_folder_is_good_where_it_can_be_made(tmp_path: Path) -> None:
    assert doctor.data_folder(tmp_path).good
    assert "will be made" in doctor.data_folder(tmp_path / "new" / "er").text


def test_a_data_folder_below_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_bad(doctor.data_folder(tmp_path / "file" / "data"), "HEADRACE_DATA_DIR")


def test_a_port_is_free_or_a_stranger_has_it() -> None:
    assert doctor.port(settings(port=free_port())).good
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        assert_bad(doctor.port(settings(port=stranger.getsockname()[1])), "HEADRACE_PORT")


@pytest.mark.mongo
def test_a_replica_set_is_good(mongo_url: str) -> None:
    finding = doctor.mongodb(mongo_url)
    assert finding.good, finding
    assert "replica set" in finding.text


@pytest.mark.parametrize("url", ["mongodb://127.0.0.1:9/", "postgres://127.0.0.1/", "mongodb://"])
def test_a_database_that_does_not_answer_is_bad(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    assert_bad(doctor.mongodb(url), "HEADRACE_MONGODB_URL")


@pytest.mark.parametrize(
    "url", ["mongodb://user:hid/den@host/", "mongodb://user:hid:den@host/", "mongodb://h:den"]
)
def test_a_connection_string_that_can_t_be_read_is_not_shown(url: str) -> None:
    finding = doctor.mongodb(url)
    assert_bad(finding, "HEADRACE_MONGODB_URL", "percent-encode")
    assert "den" not in finding.text


def test_a_file_of_certificates_that_is_missing_is_told() -> None:
    assert_bad(doctor.mongodb("mongodb://h/?tls=true&tlsCAFile=/not/there"), "/not/there: No such file")


def test_a_bus_that_does_not_answer_is_told_once(tmp_path: Path) -> None:
    done = headrace(tmp_path, "doctor", HEADRACE_AMQP_URL=f"amqp://127.0.0.1:{free_port()}/")
    assert "✗ RabbitMQ" in done.out
    assert not done.err


@pytest.mark.rabbitmq
def test_a_bus_that_answers_is_good(amqp_url: str) -> None:
    assert doctor.bus(settings(amqp_url=amqp_url)).good


def test_a_bus_is_not_needed_but_one_that_is_named_has_to_answer() -> None:
    assert doctor.bus(settings()).good
    assert_bad(doctor.bus(settings(amqp_url="amqp://user:hidden@127.0.0.1:9/")), "HEADRACE_AMQP_URL")
    assert "hidden" not in doctor.bus(settings(amqp_url="amqp://user:hidden@127.0.0.1:9/")).text


def test_a_mail_server_that_does_not_answer_is_bad() -> None:
    assert doctor.mail(settings()).good
    assert_bad(doctor.mail(settings(smtp={"url": f"smtp://127.0.0.1:{free_port()}"})), "HEADRACE_SMTP_URL")


async def test_a_mail_server_that_answers_is_good() -> None:
    mailbox = Mailbox()
    port = await mailbox.start()
    finding = await to_thread(doctor.mail, settings(smtp={"url": f"smtp://127.0.0.1:{port}"}))
    await mailbox.stop()
    assert finding.good, finding


def test_the_command_ends_with_1_where_something_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = headrace(tmp_path / "file" / "data", "doctor", HEADRACE_PORT=str(free_port()))
    assert done.code == 1
    assert "✗ data folder" in done.out
    assert "→" in done.out
    assert "✓ Python" in done.out


def test_a_wrong_setting_is_told_by_its_name(tmp_path: Path) -> None:
    done = headrace(tmp_path, "doctor", HEADRACE_PORT="many")
    assert done.code == 1
    assert "HEADRACE_PORT" in done.out


class AStudio(httpx.BaseTransport):
    """Two flows, of which the one that runs plans text messages that nothing sends."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/flows":
            flows = [{"id": "old", "state": "not_running"}, {"id": "reminders", "state": "running"}]
            return httpx.Response(200, json={"items": flows, "next": None})
        assert request.url.path == "/v1/flows/reminders/validate"
        told = {"step": "text", "field": "kind", "place": "step 1", "detail": "nothing is sent by sms here"}
        return httpx.Response(200, json={"valid": True, "problems": [], "warnings": [told]})


def test_open_flows_whose_text_messages_nobody_sends_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    installation = Installation("http://headrace.invalid", "key")
    with httpx.Client(base_url=installation.url, transport=AStudio()) as client:
        monkeypatch.setattr(installation, "_http", client)
        monkeypatch.setattr(doctor, "is_headrace", lambda given: True)
        monkeypatch.setattr(doctor, "Installation", lambda url, key: installation)
        assert_bad(doctor.texts(settings()), "reminders", "HEADRACE_SMS_URL")


def test_a_provider_of_text_messages_answers_or_it_is_told_which_setting_names_it() -> None:
    assert "headrace up" in doctor.texts(settings()).text
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        url = f"http://127.0.0.1:{gateway.getsockname()[1]}/sms"
        assert doctor.texts(settings(sms={"url": url})).good
    assert_bad(doctor.texts(settings(sms={"url": f"http://127.0.0.1:{free_port()}/sms"})), "HEADRACE_SMS_URL")
