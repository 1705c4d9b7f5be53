"""Transactions that a hung or killed process has left open. The server keeps their locks for a minute, on the very
partitions and tickets that others are to take over."""

import structlog
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from common.adapters.mongo.client import Database, app_name

log = structlog.get_logger()

LEFTOVERS_ENDED = "leftovers.ended"
LEFTOVERS_STAY = "leftovers.stay"


async def end_transactions(database: Database, member: str) -> int:
    """Abort what this member has begun and not committed; answers how many there were.

    It loses nothing by it: its commits would be refused. Where the server does not let us look (some hosted ones
    don't), the locks go when it gives up the transactions by itself.
    """
    admin = database.client.get_database("admin", read_concern=ReadConcern("local"))
    open_ones = {"appName": app_name(member), "transaction": {"$exists": True}}
    try:
        looked = await admin.aggregate([{"$currentOp": {"idleSessions": True}}, {"$match": open_ones}])
        sessions = [{"id": row["lsid"]["id"]} async for row in looked]
        if sessions:
            await admin.command("killSessions", sessions)
            log.warning(LEFTOVERS_ENDED, member=member, transactions=len(sessions))
    except OperationFailure as error:
        log.warning(LEFTOVERS_STAY, member=member, why=str(error))
        return 0
    return len(sessions)
