"""Make a new MongoDB a one-node replica set, and its users. Done again, it changes nothing.

Over a socket that it shares with MongoDB's container: before there is any user, MongoDB lets in only who is on the
same machine, to make the first one (its "localhost exception").
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

SOCKET = "mongodb://%2Frun%2Fmongodb%2Fmongodb-27017.sock/"
ADDRESS = "mongodb:27017"
"""How the services reach it; a member of a set is known by one address only."""
ADMIN, OWN = "admin", "headrace"
PATIENCE = 120.0
AUTHENTICATION_FAILED = 18

Client = MongoClient[dict[str, Any]]


def connect(user: str | None = None, password: str | None = None) -> Client:
    return MongoClient(
        SOCKET, directConnection=True, username=user, password=password, serverSelectionTimeoutMS=2000
    )


def initiated(client: Client) -> bool:
    """Whether the node belongs to a set; an initiated one tells its name to anybody."""
    hello = client.admin.command("hello")
    if "setName" not in hello:
        members = [{"_id": 0, "host": ADDRESS}]
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
    return True


def primary(client: Client) -> bool:
    return bool(client.admin.command("hello")["isWritablePrimary"])


def has_admin(password: str) -> bool:
    try:
        with connect(ADMIN, password) as client:
            client.admin.command("connectionStatus")
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED:
            return False
        raise
    return True


def add_admin(client: Client, password: str) -> None:
    """Raises `OperationFailure` when there are users already, so that a lost password is not replaced here."""
    client.admin.command("createUser", ADMIN, pwd=password, roles=["root"])


def set_own(admin: Client, database: str, password: str) -> None:
    """The services' user, with the password as it is given now."""
    roles = [{"role": role, "db": database} for role in ("readWrite", "dbAdmin")]
    known = admin.admin.command("usersInfo", OWN)["users"]
    admin.admin.command("updateUser" if known else "createUser", OWN, pwd=password, roles=roles)


def until(done: Callable[[], bool]) -> None:
    """Ask again until it is so, for a while; then raises what stood in the way."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if done():
                return
        except PyMongoError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE:g} s")
        time.sleep(0.5)


def main() -> None:
    admin_password, password = os.environ["MONGODB_ADMIN_PASSWORD"], os.environ["MONGODB_PASSWORD"]
    with connect() as client:
        until(lambda: initiated(client))
        until(lambda: primary(client))
        if not has_admin(admin_password):
            try:
                add_admin(client, admin_password)
            except OperationFailure as error:
                sys.exit(f"this database was made with another MONGODB_ADMIN_PASSWORD: {error}")
    with connect(ADMIN, admin_password) as admin:
        set_own(admin, os.environ.get("HEADRACE_DATABASE") or "headrace", password)


if __name__ == "__main__":
    main()
