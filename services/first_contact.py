"""The first contact with the database: what fails there has to be put right by somebody."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import PyMongoError

from common.adapters.mongo.client import in_short
from common.ports import Unavailable
from common.runtime.serve import CantStart


@contextmanager
def first_contact() -> Iterator[None]:
    """Raises `CantStart`, which says why, in place of `Unavailable` and of what the driver says of addresses and
    passwords."""
    try:
        yield
    except (Unavailable, PyMongoError) as error:
        cause = error.__cause__ if isinstance(error, Unavailable) else error
        reason = in_short(cause) if isinstance(cause, PyMongoError) else str(error)
        raise CantStart(f"HEADRACE_MONGODB_URL: {reason}") from error
