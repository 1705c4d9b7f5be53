"""Twin of the SMTP mailer for tests and dry runs: keeps what it is given, and answers as it is told."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SentMail:
    message: bytes
    sender: str
    recipient: str


@dataclass(slots=True)
class MemoryMailer:
    """`answers`: by recipient, the errors of `common.ports` to raise, each once, in order; then it accepts.
    Keeps the last `sent.maxlen` mails."""

    answers: dict[str, list[Exception]] = field(default_factory=dict)
    sent: deque[SentMail] = field(default_factory=lambda: deque(maxlen=10_000))

    async def send(self, message: bytes, sender: str, recipient: str, enclosed: bytes = b"") -> None:
        if waiting := self.answers.get(recipient):
            raise waiting.pop(0)
        self.sent.append(SentMail(message + enclosed, sender, recipient))
