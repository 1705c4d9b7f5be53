"""Events that are made here of what the CRM has, since nobody tells them. Made twice, each is the same one."""

from collections.abc import Mapping

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import Message
from common.domain.event import REQUEST_MESSAGE_ADDED
from common.messages.record import Record
from services.trigger.events import Bad, read_event

log = structlog.get_logger()

NOT_TAKEN = "crm.not_taken"
MESSAGES = "crm/messages"
"""Source of the messages added to requests: whoever finds them names them alike."""


def as_event(document: Mapping[str, object]) -> Record | None:
    """`None` for what can't be kept."""
    read = read_event(document, None)
    if isinstance(read, Bad):
        log.warning(NOT_TAKEN, event=document["id"], why=read.complaints[0].detail)
        return None
    return read.record


def message_added(request: str, message: Message, found: Fetched) -> Record | None:
    """With what the request's record says; what was written stays in the CRM."""
    told = {
        "request": request,
        "message": message.key,
        "author": message.author,
        "internal": message.internal,
        "crm": {"entity": "ticketmessage", "key": message.key, "created": message.at},
    }
    return as_event(
        {
            "id": f"message:{message.key}",
            "type": REQUEST_MESSAGE_ADDED,
            "source": MESSAGES,
            "contact": found.contact,
            "data": found.data | {name: value for name, value in told.items() if value is not None},
        }
    )
