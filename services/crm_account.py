"""How the reference CRM is asked, as the settings have it."""

from collections.abc import Callable
from pathlib import Path

from common.adapters.crm.session import Account, TicketAccount
from common.runtime.setting_parts import CrmSettings


def account_of(crm: CrmSettings) -> Account | TicketAccount | None:
    """A system user's ticket goes before what gets a token."""
    if crm.url and crm.ticket_file and crm.app_token:
        return TicketAccount(crm.url, in_file(crm.ticket_file), crm.app_token.get_secret_value())
    if not (crm.url and crm.token_url and crm.client_secret and crm.refresh_token):
        return None
    return Account(
        url=crm.url,
        token_url=crm.token_url,
        client_id=crm.client_id,
        client_secret=crm.client_secret.get_secret_value(),
        refresh_token=crm.refresh_token.get_secret_value(),
    )


def in_file(file: Path) -> Callable[[], str]:
    """Raises `OSError`, and `ValueError` for a file without a ticket."""

    def ticket() -> str:
        found = file.read_text().strip()
        if not found.isascii() or not found.isprintable() or not found:
            raise ValueError(f"{file} holds no ticket")
        return found

    return ticket
