"""What arrived at the compose file's mail sink: from Mailpit's API, or from the log of a sink that prints mails."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import httpx

from tests.compose.stack import Stack
from tests.support.ports import LOOPBACK
from tests.support.smtp_sink import Got

PAGE = 500
HEADER = re.compile(r"^(To|Subject|Message-ID): (.*)$", re.IGNORECASE)
BEGIN = "---------- MESSAGE FOLLOWS ----------"


def received(stack: Stack) -> Counter[Got]:
    """Every mail, with how often it came."""
    api = f"http://{LOOPBACK}:{stack.mail_port}/api/v1/messages"
    try:
        return Counter(in_mailpit(api))
    except httpx.TransportError:
        return Counter(in_log(stack.logs("mailpit").splitlines()))


def in_mailpit(api: str) -> Iterator[Got]:
    start = 0
    while (
        messages := httpx.get(api, params={"start": start, "limit": PAGE})
        .raise_for_status()
        .json()["messages"]
    ):
        yield from (Got(each["To"][0]["Address"], each["Subject"], each["MessageID"]) for each in messages)
        start += len(messages)


def in_log(lines: Iterable[str]) -> Iterator[Got]:
    """From the log of aiosmtpd's debugging handler."""
    found: dict[str, str] | None = None
    for line in lines:
        if line.startswith(BEGIN):
            found = {}
        elif found is not None and (header := HEADER.match(line)):
            found[header[1].lower()] = header[2].strip()
            if len(found) == 3:
                yield Got(found["to"], found["subject"], found["message-id"])
                found = None
