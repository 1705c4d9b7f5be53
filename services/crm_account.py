"""How the reference CRM is asked, as the settings have it."""

from common.adapters.crm.session import Account
from common.runtime.setting_parts import CrmSettings


def account_of(crm: CrmSettings) -> Account | None:
    if not (crm.url and crm.token_url and crm.client_secret and crm.refresh_token):
        return None
    return Account(
        url=crm.url,
        token_url=crm.token_url,
        client_id=crm.client_id,
        client_secret=crm.client_secret.get_secret_value(),
        refresh_token=crm.refresh_token.get_secret_value(),
    )
