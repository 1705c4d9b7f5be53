"""`headrace doctor`: what Headrace needs to run here, what is there, and what to do about the rest."""

import asyncio
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import httpx
from aio_pika.exceptions import AMQPError
from aiosmtplib import SMTP, SMTPException
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from common.adapters.mongo.client import in_short
from common.adapters.mongod_binary import Unsupported, find_mongod
from common.domain.reasons import FlowState
from common.runtime.settings import PREFIX, BadSettings, Encryption, Settings, load
from services.command_line.clock_words import in_words
from services.command_line.failures import CommandFailed
from services.command_line.installation import Installation, address_of, find_key, is_headrace

PATIENCE = 3.0
"""Seconds that each server gets to answer."""
OLDEST_PYTHON = (3, 11)
TOLERATED_DRIFT = 2.0
"""Seconds by which the database's clock may differ before it is worth a word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `advice` says what to do when it is not `good`."""

    good: bool
    text: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Everything that is looked at, in the order in which `headrace up` needs it."""
    yield python()
    try:
        settings = load()
    except BadSettings as error:
        for problem in error.problems:
            yield Finding(False, f"settings: {problem}", "correct the variable, or unset it for the default")
        return
    yield data_folder(settings.data_dir)
    yield port(settings)
    yield database(settings)
    yield bus(settings)
    yield mail(settings)
    yield texts(settings)
    yield clock(settings)


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(sys.version_info >= OLDEST_PYTHON, f"Python {version}", "install Python 3.11 or later")


def data_folder(folder: Path) -> Finding:
    """Whether files can be written there; a folder that is not there yet is made by `headrace up`."""
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    advice = f"make it writable for you, or set {PREFIX}DATA_DIR to another folder"
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Finding(False, f"data folder {folder}: {existing}: {error.strerror}", advice)
    note = "" if existing == folder.absolute() else " (will be made)"
    return Finding(True, f"data folder {folder} is writable{note}")


def port(settings: Settings) -> Finding:
    """A port that a running Headrace has is in good hands."""
    address = f"{settings.host}:{settings.port}"
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as error:
        if is_headrace(settings):
            return Finding(True, f"port {address}: a Headrace is running there")
        advice = f"end the program that has it, or set {PREFIX}PORT to another port"
        return Finding(False, f"port {address}: {error.strerror}", advice)
    return Finding(True, f"port {address} is free")


def database(settings: Settings) -> Finding:
    if settings.mongodb_url is not None:
        return mongodb(settings.mongodb_url.get_secret_value())
    try:
        binary = find_mongod()
    except Unsupported as error:
        return Finding(
            False, f"database: no embedded MongoDB on this machine: {error.why}",
            f"set {PREFIX}MONGODB_URL to a replica set of yours, or use docker compose",
        )  # fmt: skip
    return Finding(True, f"database: the embedded MongoDB runs on this machine ({binary.parent})")


def mongodb(url: str) -> Finding:
    name = f"database: {PREFIX}MONGODB_URL"
    try:
        client: MongoClient[dict[str, Any]]
        with MongoClient(url, serverSelectionTimeoutMS=int(PATIENCE * 1000)) as client:
            hello = client.admin.command("hello")
            version = client.server_info()["version"]
    except (PyMongoError, ValueError, OSError) as error:
        return Finding(False, f"{name}: {in_short(error)}", "start that MongoDB, or correct the address")
    if not hello.get("setName") and hello.get("msg") != "isdbgrid":
        return Finding(
            False, f"{name}: MongoDB {version} is no replica set, so it has no transactions",
            "start mongod with --replSet, even for one node, and run rs.initiate()",
        )  # fmt: skip
    drift = abs((datetime.now(UTC) - hello["localTime"].replace(tzinfo=UTC)).total_seconds())
    if drift > TOLERATED_DRIFT + PATIENCE:
        return Finding(False, f"{name}: its clock is {drift:.0f} s off", "set both clocks by NTP")
    return Finding(True, f"{name}: MongoDB {version}, replica set {hello.get('setName', 'behind a mongos')}")


def bus(settings: Settings) -> Finding:
    if settings.amqp_url is None:
        return Finding(True, "RabbitMQ: none named; work is taken from the database")
    name = f"RabbitMQ: {PREFIX}AMQP_URL"
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # the finding tells it
    try:
        asyncio.run(ask_bus(settings.amqp_url.get_secret_value()))
    except (AMQPError, OSError, ValueError, TimeoutError) as error:
        advice = "start RabbitMQ or correct the address; until then work goes by the database, slower"
        return Finding(False, f"{name}: {reason_of(error)}", advice)
    return Finding(True, f"{name}: RabbitMQ answers")


async def ask_bus(url: str) -> None:
    connection = await asyncio.wait_for(aio_pika.connect(url), PATIENCE)
    await connection.close()


def mail(settings: Settings) -> Finding:
    server = settings.smtp.server()
    if server is None:
        return Finding(
            True, "mail: no server named; `headrace up` brings a mailbox, nothing leaves the machine"
        )
    name = f"mail: {server.host}:{server.port}"
    try:
        asyncio.run(
            ask_mail(
                SMTP(
                    hostname=server.host,
                    port=server.port,
                    timeout=PATIENCE,
                    use_tls=server.encryption is Encryption.TLS,
                    start_tls=True if server.encryption is Encryption.STARTTLS else None,
                    username=server.username,
                    password=server.password.get_secret_value() if server.password else None,
                )
            )
        )
    except (SMTPException, OSError, ValueError) as error:
        return Finding(
            False, f"{name}: {reason_of(error)}", f"start that server, or correct {PREFIX}SMTP_URL"
        )
    return Finding(True, f"{name} takes mail")


def texts(settings: Settings) -> Finding:
    """Whether somebody listens where text messages go; none is sent."""
    if settings.sms.url is None:
        return unsent_texts(settings)
    address = urlsplit(settings.sms.url)
    port = address.port or (443 if address.scheme == "https" else 80)
    name = f"SMS: {address.hostname}:{port}"
    try:
        socket.create_connection((address.hostname or "", port), PATIENCE).close()
    except OSError as error:
        return Finding(
            False, f"{name}: {reason_of(error)}", f"start that provider's gateway, or correct {PREFIX}SMS_URL"
        )
    return Finding(True, f"{name} answers")


def unsent_texts(settings: Settings) -> Finding:
    """Without a provider: whether open flows of the Headrace that runs here plan text messages that stay unsent."""
    text = "SMS: no provider named; `headrace up` brings a phone, nothing leaves the machine"
    address, flows = address_of(settings), list[str]()
    with suppress(CommandFailed):
        if is_headrace(settings):
            flows = texting(Installation(address, find_key(address, os.environ.get(f"{PREFIX}KEY"))))
    if not flows:
        return Finding(True, text)
    advice = f"set {PREFIX}SMS_URL for the services; until then those messages stay planned"
    return Finding(
        False, f"SMS: no provider named, and open flows send text messages: {', '.join(flows)}", advice
    )


def texting(installation: Installation) -> list[str]:
    """The open flows whose steps plan what is not sent there."""
    return [
        flow["id"]
        for flow in installation.pages("/v1/flows", "items", limit=500)
        if flow["state"] != FlowState.NOT_RUNNING
        for asked in [installation.ask("POST", f"/v1/flows/{flow['id']}/validate").json()]
        if any(each["field"] == "kind" for each in asked["warnings"])
    ]


async def ask_mail(connection: SMTP) -> None:
    async with connection:
        await connection.noop()


def clock(settings: Settings) -> Finding:
    """Business time of the Headrace that runs here; without one, the machine's clock."""
    address = address_of(settings)
    key = find_key(address, os.environ.get(f"{PREFIX}KEY"))
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with suppress(httpx.HTTPError, ValueError, KeyError):
        answer = httpx.get(f"{address}/v1/clock", headers=headers, timeout=PATIENCE, trust_env=False)
        if answer.is_success:
            shown = answer.json()
            how = "stands" if shown["mode"] == "step" else f"runs at {in_words(shown['speed'])}"
            return Finding(True, f"clock: business time is {shown['now']} and {how}")
    now = datetime.now(UTC)
    return Finding(
        now.year >= 2025, f"clock: this machine says {now:%Y-%m-%d %H:%M} UTC", "set the machine's clock"
    )


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line."""
    text = " ".join(str(error).split())
    return text or ("no answer" if isinstance(error, TimeoutError) else type(error).__name__)
