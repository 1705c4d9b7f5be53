"""Messages from outside as a bus delivers them, and those that can't be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from common.domain.ids import digest


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message as it came. `properties` are what its sender wrote beside the body, as text.

    `message_id` is the sender's name for it.
    """

    body: bytes
    content_type: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None
    routing_key: str = ""

    @property
    def digest(self) -> str:
        """The same for the same message, however often it is delivered."""
        parts = sorted(f"{name}={value}" for name, value in self.properties.items())
        beside = (self.routing_key, self.message_id or "", self.content_type or "", *parts)
        return digest("posted", *beside, sha256(self.body).hexdigest())


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that holds something that can't be archived, to be kept until somebody has looked at it.

    `way` is where it came in, `errors` say what is wrong and where (`pointer`, `detail`), `contacts` whom it names.
    """

    way: str
    message: PostedMessage
    errors: Sequence[Mapping[str, str]]
    contacts: Sequence[str] = ()
