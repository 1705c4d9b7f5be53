"""`headrace up`: all services in one process, with a database and a mailbox of their own where none is named."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from secrets import token_urlsafe

from pydantic import SecretStr
from rich.console import Console

from common.adapters.embedded_mongod import EmbeddedMongod, FolderInUse, StartFailed
from common.adapters.mail.mailbox import Mailbox
from common.adapters.mongod_binary import Unsupported
from common.adapters.sms.sink import SmsSink
from common.domain.clock import ClockSetting
from common.ports import Unavailable
from common.runtime import logs
from common.runtime.serve import CantStart, PortTaken, listen, new_loop, serve
from common.runtime.settings import (
    PREFIX,
    BadSettings,
    Environment,
    LogFormat,
    LogLevel,
    ReaderSettings,
    Settings,
    load,
)
from services.all_in_one import build
from services.command_line import business_clock, mailbox_page, phone_page
from services.command_line.business_clock import WantedClock
from services.command_line.demo import Demo
from services.command_line.demo_screen import Lines, Screen, Table
from services.command_line.failures import CommandFailed
from services.command_line.installation import address_of, is_headrace
from services.first_contact import first_contact
from services.process import Parts

DEMO_DATABASE = "headrace_demo"
"""The demo's contacts and its hurried clock stay out of the database that is used in earnest."""
DEMO_SPEED = 3_600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for; `None`: as the settings say."""

    demo: bool = False
    clock: WantedClock = field(default_factory=WantedClock)
    host: str | None = None
    port: int | None = None


def up(wanted: Wanted, console: Console) -> int:
    """Run until a signal comes; answers the exit code. Raises `CommandFailed` when something must be put right
    first."""
    settings = settings_for(wanted)
    quiet = wanted.demo and console.is_terminal
    configure_logs(settings, quiet=quiet)
    try:
        with database_for(settings) as ready, asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(run(ready, wanted, console))
    except (CantStart, Unavailable, FolderInUse, StartFailed) as error:
        raise CommandFailed(str(error)) from None


def settings_for(wanted: Wanted) -> Settings:
    """The settings of the environment and the command line, with a port that is free."""
    given = {"host": wanted.host, "port": wanted.port}
    try:
        settings = load(**{name: value for name, value in given.items() if value is not None})
    except BadSettings as error:
        raise CommandFailed(f"can't start:\n{error}") from None
    changes: dict[str, object] = {"port": free_port(settings)}
    if "public_url" not in settings.model_fields_set:
        changes["public_url"] = f"http://localhost:{changes['port']}"
    if wanted.demo and "database" not in settings.model_fields_set:
        changes["database"] = DEMO_DATABASE
    if wanted.demo:
        changes["environment"] = Environment.EMBEDDED  # its mailbox and phone are for whoever sits here
    if wanted.demo and "reader" not in settings.model_fields_set:
        changes["reader"] = ReaderSettings(soon=0, together=0)  # its readers are in a hurry, too
    return settings.model_copy(update=changes)


def free_port(settings: Settings) -> int:
    """The port to listen on, once it is known to be free."""
    try:
        with listen(settings.host, settings.port) as probe:
            return int(probe.getsockname()[1])
    except PortTaken as taken:
        if is_headrace(settings):
            why = f"a Headrace is running at {taken.host}:{taken.port} already"
        else:
            why = str(taken).partition(";")[0]
        raise CommandFailed(f"{why}; end that program, or choose another port with --port") from None


@contextmanager
def database_for(settings: Settings) -> Iterator[Settings]:
    """Settings that name a database: the given one, or one of our own while this lasts."""
    if settings.mongodb_url is not None:
        yield settings
        return
    mongod = EmbeddedMongod(settings.data_dir / "mongodb")
    try:
        mongod.start()
    except Unsupported as error:
        raise CommandFailed(
            f"no embedded MongoDB on this machine ({error.why}): set {PREFIX}MONGODB_URL to a replica set of yours, "
            "or use docker compose"
        ) from None
    except OSError as error:
        raise CommandFailed(f"can't keep data in {settings.data_dir}: {error.strerror}") from None
    try:
        yield settings.model_copy(update={"mongodb_url": SecretStr(mongod.url)})
    finally:
        mongod.stop()


async def run(settings: Settings, wanted: Wanted, console: Console) -> int:
    """Everything, from the mailbox to the last worker's end."""
    assert settings.mongodb_url is not None
    url = settings.mongodb_url.get_secret_value()
    asked = clock_of(wanted)
    async with AsyncExitStack() as closing:
        mailbox, settings = await mailbox_for(settings, closing, demo=wanted.demo)
        phone, settings = phone_for(settings, demo=wanted.demo)
        with first_contact():
            setting = await business_clock.begin(url, settings.database, asked)
        if asked.asked:
            closing.push_async_callback(halt_quietly, url, settings.database)
        screen = screen_for(console, demo=wanted.demo)
        welcome(console, settings, setting, mailbox=mailbox is not None, phone=bool(phone))
        closing.enter_context(screen)
        configure_logs(
            settings, quiet=isinstance(screen, Table)
        )  # again: the table has taken over the terminal
        beside = [*phone, *([mailbox_parts(mailbox)] if mailbox else [])]
        if wanted.demo:
            assert mailbox is not None
            beside.append(Parts(name="demo", workers=(Demo(settings, mailbox, screen).work,)))
        app = await build(settings, *beside)
        async with app.closing:
            return 0 if await serve(app, settings) else 1


def clock_of(wanted: Wanted) -> WantedClock:
    """The demo is in a hurry unless told otherwise."""
    if wanted.demo and wanted.clock.speed is None:
        return WantedClock(wanted.clock.start, DEMO_SPEED)
    return wanted.clock


async def halt_quietly(url: str, database: str) -> None:
    """At the end the database may be gone already; then the clock runs on."""
    with suppress(Unavailable):
        await business_clock.halt(url, database)


async def mailbox_for(
    settings: Settings, closing: AsyncExitStack, *, demo: bool
) -> tuple[Mailbox | None, Settings]:
    """A mailbox of our own where no mail server is named; the demo writes to nobody else."""
    if settings.smtp.url is not None and not demo:
        return None, settings
    mailbox = Mailbox()
    port = await mailbox.start()
    closing.push_async_callback(mailbox.stop)
    smtp = settings.smtp.model_copy(update={"url": SecretStr(f"smtp://127.0.0.1:{port}")})
    return mailbox, settings.model_copy(update={"smtp": smtp})


def phone_for(settings: Settings, *, demo: bool) -> tuple[list[Parts], Settings]:
    """A taker of text messages of our own where no provider is named; never in production, for all may read it."""
    if not demo and (settings.sms.url is not None or settings.environment is Environment.PRODUCTION):
        return [], settings
    token = token_urlsafe()
    url = f"{address_of(settings)}/phone"
    sms = settings.sms.model_copy(update={"url": url, "token": SecretStr(token)})
    parts = Parts(name="phone", routers=(phone_page.router(SmsSink(), token),))
    return [parts], settings.model_copy(update={"sms": sms})


def mailbox_parts(mailbox: Mailbox) -> Parts:
    return Parts(name="mailbox", routers=(mailbox_page.front_router(), mailbox_page.router(mailbox)))


def screen_for(console: Console, *, demo: bool) -> Screen:
    return Table(console) if demo and console.is_terminal else Lines()


def configure_logs(settings: Settings, *, quiet: bool) -> None:
    """For the eye on a terminal; beside the table only what is wrong, unless asked for."""
    form, level = settings.log.format, settings.log.level
    given = settings.log.model_fields_set
    if sys.stderr.isatty() and "format" not in given:
        form = LogFormat.CONSOLE
    if quiet and "level" not in given:
        level = LogLevel.WARNING
    logs.configure(settings.log.model_copy(update={"format": form, "level": level}), service="headrace")


def welcome(console: Console, settings: Settings, clock: ClockSetting, *, mailbox: bool, phone: bool) -> None:
    """The first lines: where to look."""
    origin = settings.public_url.rstrip("/")
    lines = {
        "Mailbox": f"{origin}/mailbox" if mailbox else "",
        "Phone": f"{origin}/phone" if phone else "",
        "API": f"{origin}/docs",
        "Key": str(settings.key_file),
        "Clock": business_clock.described(clock),
        "Stop": "Ctrl-C",
    }
    console.print(f"[bold]Headrace[/bold] at {origin}")
    for name, value in lines.items():
        if value:
            console.print(f"  {name:<8}{value}", highlight=False, markup=False, soft_wrap=True)
