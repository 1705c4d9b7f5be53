"""What goes wrong outside, as the engine tells it apart."""


class Unavailable(Exception):
    """The infrastructure can't take this now; nothing was kept. Try again after `retry_after` seconds."""

    def __init__(self, what: str, retry_after: int = 1) -> None:
        super().__init__(f"{what} is not available; try again in {retry_after} s")
        self.what = what
        self.retry_after = retry_after


class Unstorable(Exception):
    """The data of a batch can't be stored as it is; trying again won't help."""


class Unsendable(Exception):
    """No message can be made of this effect, whenever it is tried; the text says why."""


class MailRefused(Exception):
    """The server refused this message for good, or (`permanent` false) for now.

    `of_address`: it is the recipient's address that it refused.
    """

    def __init__(self, code: int, text: str, *, permanent: bool, of_address: bool) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.permanent = permanent
        self.of_address = of_address


class MailUnavailable(Exception):
    """No connection, and nothing of the message had left."""


class MailUncertain(Exception):
    """The connection broke, or time ran out, after the message went out and before the server answered."""
