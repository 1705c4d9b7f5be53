"""`headrace crm`: the reference CRM's webhook, by the settings of this installation."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import typer

from common.adapters.crm.session import CrmAway, CrmRefused, Session
from common.adapters.crm.webhooks import CrmWebhooks, Wanted
from common.runtime.settings import PREFIX, BadSettings, Settings, load
from services.command_line.failures import CommandFailed
from services.command_line.installation import is_local
from services.command_line.terminal import say
from services.crm_account import account_of

PATH = "/v1/events/crm"
Told = TypeVar("Told")

app = typer.Typer(help="The reference CRM's webhook to this installation.", no_args_is_help=True)

Target = Annotated[
    str | None,
    typer.Option("--target", metavar="URL", show_default=False,
                 help=f"Where the CRM is to call; default: HEADRACE_PUBLIC_URL with {PATH}."),
]  # fmt: skip


@app.command()
def status(target: Target = None) -> None:
    """Say whether the CRM calls us, and which events it does not tell."""
    settings = loaded()
    address = target_of(settings, target)
    found = asked(settings, lambda webhooks: webhooks.to(address))
    if found is None:
        raise CommandFailed(
            f"the CRM has no webhook to {address}: make one by `headrace crm register-webhook`"
        )
    say(f"webhook {found.name} ({found.key}) to {found.target}: {found.state.lower() or 'of no state'}")
    if found.missing:
        say(f"it does not tell {', '.join(found.missing)}")
    if not found.active or found.missing:
        raise CommandFailed("`headrace crm register-webhook` makes it active and complete")


@app.command("register-webhook")
def register_webhook(
    errors_to: Annotated[
        str, typer.Option("--errors-to", metavar="ADDRESS", help="Whom the CRM writes to when calls fail.")
    ],
    name: Annotated[str, typer.Option("--name", help="How the CRM calls it.")] = "flows",
    target: Target = None,
) -> None:
    """Have the CRM call us, or set the webhook that it has closed active again. Doing it twice does no harm."""
    settings = loaded()
    if settings.crm.secret is None:
        raise CommandFailed(
            f"{PREFIX}CRM_SECRET is not set: choose a secret of at least 16 characters, for the services, too"
        )
    wanted = Wanted(name, target_of(settings, target), settings.crm.secret.get_secret_value(), errors_to)
    known = asked(settings, lambda webhooks: webhooks.register(wanted))
    say(f"the webhook to {wanted.target} {'is active again' if known else 'was made'}")


def loaded() -> Settings:
    """With an account in the CRM."""
    try:
        settings = load()
    except BadSettings as error:
        raise CommandFailed("\n".join(f"settings: {problem}" for problem in error.problems)) from None
    if account_of(settings.crm) is None:
        raise CommandFailed(
            f"{PREFIX}CRM_URL is not set: it, and what gets a token, are told in docs/operations.md"
        )
    return settings


def target_of(settings: Settings, given: str | None) -> str:
    target = given or settings.public_url.rstrip("/") + PATH
    if urlsplit(target).scheme not in ("http", "https"):
        raise CommandFailed(f"{target} is no address that can be called: it begins with https://")
    if given is None and is_local(target):
        raise CommandFailed(
            f"the CRM can't call {target}: set {PREFIX}PUBLIC_URL to where the internet reaches us, or name --target"
        )
    return target


def asked(settings: Settings, ask: Callable[[CrmWebhooks], Awaitable[Told]]) -> Told:
    """One question to the CRM."""
    account = account_of(settings.crm)
    assert account, "it was looked at when the settings were loaded"

    async def once() -> Told:
        session = Session(account, timeout=settings.crm.timeout)
        try:
            return await ask(CrmWebhooks(session))
        finally:
            await session.close()

    try:
        return asyncio.run(once())
    except CrmAway as error:
        raise CommandFailed(f"the CRM can't be asked now: {error}; try again later") from None
    except CrmRefused as error:
        raise CommandFailed(
            f"the CRM refuses: {error}; see that its app may manage webhooks, and {PREFIX}CRM_URL names the tenant"
        ) from None
