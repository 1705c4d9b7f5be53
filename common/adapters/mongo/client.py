"""Connecting to MongoDB: majority and journal for every write, short time-outs, errors told apart."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from bson.errors import BSONError
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    InvalidURI,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.write_concern import WriteConcern

from common.adapters.mongo.condition_wait import mend
from common.ports import Unavailable, Unstorable

mend()

Document = dict[str, Any]
Answer = TypeVar("Answer")
Database = AsyncDatabase[Document]

MAJORITY = WriteConcern(w="majority", j=True)
PASSING = (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WTimeoutError)
PASSING_CODES = frozenset(
    {6, 7, 24, 43, 46, 89, 91, 112, 133, 134, 189, 211, 237, 239, 246, 251, 262, 290, 365}
    | {9001, 10107, 11600, 11601, 11602, 13435, 13436}
)
"""Server answers that are about the server and not about what was asked (error_codes.yml of MongoDB)."""
APPENDED = re.compile(r" \(configured |, Timeout: |, full error: ")
"""Where the driver goes on to how it was set up, the servers that it knows, and the whole answer."""
NO_ADDRESS = (
    "is no connection string of MongoDB; percent-encode all but letters and digits in user name and password"
)


def in_short(error: Exception) -> str:
    """What kept a client from its server, in a clause that shows nothing of the connection string."""
    match error:
        case InvalidURI() | ValueError():
            return NO_ADDRESS
        case OSError():  # a file of certificates that the string names
            return f"{error.filename}: {error.strerror}"
        case _:
            return APPENDED.split(str(error))[0]


def connect(
    url: str, database: str, *, member: str = "", timeout: float = 1.5, patience: float = 10.0
) -> Database:
    """A database handle; nothing is contacted yet. `member`: the process by which others may know its work.

    Times in seconds. After `timeout` a missing server is given up; `patience` bounds every single operation: a
    server, or a process, that is merely busy must not have its work thrown away. Raises `ConfigurationError` where
    the connection string can't be used.
    """
    try:
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            serverSelectionTimeoutMS=int(timeout * 1000),
            connectTimeoutMS=int(timeout * 1000),
            timeoutMS=int(patience * 1000),
            maxPoolSize=64,
            appname=app_name(member),
            w="majority",  # of the client, not of the database: transactions take theirs from it
            journal=True,
            readConcernLevel="majority",
        )
    except (ValueError, OSError) as error:
        raise ConfigurationError(in_short(error)) from error
    return client.get_database(database, codec_options=CodecOptions(tz_aware=True, tzinfo=UTC))


def app_name(member: str) -> str:
    """As which the server lists what a process does."""
    return f"headrace {member}".strip()


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
    except (BSONError, DocumentTooLarge, OverflowError, UnicodeEncodeError) as error:
        raise Unstorable(str(error)) from error
    except PyMongoError as error:
        if is_passing(error):
            raise Unavailable("MongoDB") from error
        raise


@asynccontextmanager
async def one_moment(database: Database) -> AsyncIterator[AsyncClientSession]:
    """A session in which all is read as it stood at one moment; it raises as `translated` does."""
    with translated():
        async with database.client.start_session(snapshot=True) as session:
            yield session


async def in_transaction(
    database: Database, body: Callable[[AsyncClientSession], Awaitable[Answer]], seconds: float = 30.0
) -> Answer:
    """Run `body` in a transaction, again after each conflict that may pass, for so many seconds at most.

    The driver's own patience is two minutes, through which a missing server would hold up whoever waits. Raises
    `Unavailable`; whether a commit that was cut short was kept is then unknown.
    """
    try:
        with translated():
            async with asyncio.timeout(seconds), database.client.start_session() as session:
                return await session.with_transaction(body)
    except TimeoutError as error:
        raise Unavailable("MongoDB") from error
