"""The tokens in the addresses that mails carry, by the secrets of the settings."""

from common.adapters.mail.tokens import Tokens
from common.runtime.settings import Settings


def tokens_of(settings: Settings) -> Tokens:
    before = settings.secret_before
    return Tokens(settings.signing_secret(), before.get_secret_value() if before else None)
