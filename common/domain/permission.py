"""What has to be asked of a contact before something goes out on its account (domain.md §5)."""

from enum import StrEnum


class Permission(StrEnum):
    """Asked before the step, and once more when the effect is about to leave."""

    NONE = "none"
    """Nothing: it does not go to the contact."""
    EMAIL = "email"
    """Consent, subscription, and an address that takes mail."""
    SMS = "sms"
    """Consent and subscription; a missing number is the step's own business, which may do without."""
