"""Facts that no look at contacts comes by: of contacts, passages and messages that there never were."""

from collections.abc import AsyncIterator, Sequence, Set
from dataclasses import dataclass

from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Document
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.erasure import FORGOTTEN
from common.adapters.mongo.participants import PARTICIPANTS
from common.adapters.mongo.report_rows import ENGAGEMENT, FACT_TABLES, MESSAGES, REFUSALS
from common.adapters.mongo.report_truth import Horizons, MongoReportTruth
from services.reporting.look import gone

AT_ONCE = 2000
"""Rows of one look."""


@dataclass(frozen=True, slots=True)
class TableChecked:
    """Facts (table, id) that are about nobody and nothing."""

    table: str
    rows: int
    surplus: Sequence[tuple[str, str]] = ()

    @property
    def good(self) -> bool:
        return not self.surplus


async def strays(truth: MongoReportTruth) -> AsyncIterator[TableChecked]:
    """Some rows after the others, each of its own moment."""
    for table in FACT_TABLES:
        after = ""
        while True:
            async with truth.moment() as session:
                rows = await truth.page(table, after, AT_ONCE, session)
                if not rows:
                    break
                found = await stray(truth, table, rows, session)
            yield TableChecked(table, len(rows), [(table, fact) for fact in found])
            after = rows[-1]["_id"]


async def stray(
    truth: MongoReportTruth, table: str, rows: Sequence[Document], session: AsyncClientSession
) -> Sequence[str]:
    """Those about contacts that there never were; of others' those about no passage or message. What is about a
    passage or message that there is, is seen when its contact is looked at."""
    contacts = {row["contact"] for row in rows}
    forgotten = await truth.those(FORGOTTEN, contacts, session)
    known = await truth.those(CONTACTS, contacts - forgotten, session)
    left = [row for row in rows if row["contact"] not in forgotten]
    if table not in (REFUSALS, ENGAGEMENT):
        return await of_nothing(truth, table, left, known, session)
    theirs = [row for row in left if row["contact"] in known and table == ENGAGEMENT]
    nobody_s = [row["_id"] for row in left if row["contact"] not in known]
    return [*nobody_s, *await of_nothing(truth, table, theirs, known, session)]


async def of_nothing(
    truth: MongoReportTruth,
    table: str,
    rows: Sequence[Document],
    known: Set[str],
    session: AsyncClientSession,
) -> Sequence[str]:
    horizons = await truth.horizons(session)
    if table in (MESSAGES, ENGAGEMENT):
        named: dict[str, str] = {row["_id"]: row.get("message") or row["_id"] for row in rows}
        there = await truth.those(EFFECTS, set(named.values()), session)
    else:
        named = {row["_id"]: row["participant"] for row in rows}
        there = await truth.those(PARTICIPANTS, set(named.values()), session)
        left = set(named.values()) - there
        there |= await truth.decided_on({row["contact"] for row in rows}, left, session) if left else set()
    return [
        row["_id"]
        for row in rows
        if named[row["_id"]] not in there
        and (row["contact"] not in known or not may_be_gone(table, row, horizons))
    ]


def may_be_gone(table: str, row: Document, horizons: Horizons) -> bool:
    """Whether there may have been what the fact is about; once any message has gone with its time, it can't be said
    of one that there never was."""
    if table in (MESSAGES, ENGAGEMENT):
        return horizons.effects is not None
    return gone(row.get("enrolled_at") or row["at"], horizons.decisions)
