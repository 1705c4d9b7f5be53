"""Connecting to MongoDB: majority and journal for every write, short time-outs, errors told apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from bson.errors import BSONError
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.write_concern import WriteConcern

from common.ports import Unavailable, Unstorable

Document = dict[str, Any]
Database = AsyncDatabase[Document]

MAJORITY = WriteConcern(w="majority", j=True)
PASSING = (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WTimeoutError)
PASSING_CODES = frozenset({6, 7, 89, 91, 112, 189, 251, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""Server answers that are about the server and not about what was asked (error_codes.yml of MongoDB)."""


def connect(url: str, database: str, *, timeout: float = 2.0) -> Database:
    """A database handle; nothing is contacted yet. `timeout` in seconds bounds every single operation."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        url,
        serverSelectionTimeoutMS=int(timeout * 1000),
        connectTimeoutMS=int(timeout * 1000),
        timeoutMS=int(timeout * 1000),
        maxPoolSize=64,
        w="majority",  # of the client, not of the database: transactions take theirs from it
        journal=True,
        readConcernLevel="majority",
    )
    return client.get_database(database, codec_options=CodecOptions(tz_aware=True, tzinfo=UTC))


def is_passing(error: PyMongoError) -> bool:
    """Whether the same call may go through later."""
    if isinstance(error, PASSING) or error.timeout:
        return True
    if isinstance(error, OperationFailure):
        return error.code in PASSING_CODES or error.has_error_label("TransientTransactionError")
    return False


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as the ports' own: `Unavailable`, `Unstorable`; programming errors pass."""
    try:
        yield
    except (BSONError, DocumentTooLarge, OverflowError) as error:
        raise Unstorable(str(error)) from error
    except PyMongoError as error:
        if is_passing(error):
            raise Unavailable("MongoDB") from error
        raise
