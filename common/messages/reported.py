"""What a provider tells of a text message later on (data of `headrace.sms.reported`)."""

from enum import StrEnum

from common.domain.model import Model


class SmsStatus(StrEnum):
    """Where a message came to its end."""

    DELIVERED = "delivered"
    FAILED = "failed"


class Reported(Model):
    """`reason`: the provider's words."""

    effect: str
    participant: str
    step: str
    status: SmsStatus
    reason: str = ""
