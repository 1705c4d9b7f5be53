"""News of a company for each of its contacts: found a page at a time, and sent to their partitions.

The record that asks for a page carries where to go on; what asks for the next page is posted in the transaction that
sends this one's news. So memory stays flat however many contacts a company has, and nothing is told twice or lost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common.domain.company_news import NEWS, changed_company, company_of, news_id, told_company
from common.domain.contact import Contact
from common.domain.event import COMPANY_CHANGED, COMPANY_TOLD, COMPANY_UPDATED
from common.domain.flow_book import FlowBook
from common.domain.ids import digest
from common.messages.record import Record
from common.ports import Contacts
from common.runtime.handler import Batch

PAGE = 500
"""Most contacts told in one batch, and most companies asked for."""

Pages = Mapping[str, "Page"]
"""By the id of the record that asks for it."""


@dataclass(frozen=True, slots=True)
class Page:
    """The next contacts of the company; `more`: there may be others behind them."""

    contacts: tuple[str, ...]
    more: bool


async def next_pages(batch: Batch, contacts: Contacts) -> Pages:
    """For the first records of the batch that ask, as far as there is room; the others wait for the next batch."""
    pages: dict[str, Page] = {}
    room = PAGE
    for record in batch.records:
        if record.type != COMPANY_TOLD or room <= 0:
            continue
        found = await contacts.of_company(record.data["company"], record.data["after"], room)
        pages[record.id] = Page(tuple(found), len(found) == room)
        room -= max(len(found), 1)
    return pages


def news(record: Record, after: Contact | None, book: FlowBook) -> Record | None:
    """What asks for the contacts that are to hear of this record, `None` where none has to."""
    company = company_of(record.type, record.data)
    if company and record.type == COMPANY_CHANGED:
        told = told_company(record.data)
        return asking(record, company, COMPANY_UPDATED, {"company": told}) if told else None
    if company:
        heard = NEWS[record.type]
        return asking(record, company, heard, record.data) if book.concerned(heard, {}) else None
    if record.applied and after is not None and (changed := changed_company(after, record.changed)):
        return asking(record, changed["id"], COMPANY_UPDATED, {"company": changed})
    return None


def asking(record: Record, company: str, heard: str, data: Mapping[str, object]) -> Record:
    """It stays with the contact of the record, if there is one, so that whoever is forgotten is found in it."""
    return Record(
        id=digest("told", record.id),
        type=COMPANY_TOLD,
        source=record.source,
        contact=record.contact,
        time=record.time,
        data={"company": company, "heard": heard, "event": record.id, "after": "", "data": dict(data)},
        size=record.size,
        trace=record.trace,
        depth=record.depth,
    )


def told(asked: Record, page: Page) -> Iterator[Record]:
    """The news for each contact of the page, and what asks for the next page."""
    for contact in page.contacts:
        yield Record(
            id=news_id(asked.data["event"], contact),
            type=asked.data["heard"],
            source=asked.source,
            contact=contact,
            time=asked.time,
            data=asked.data["data"],
            size=asked.size,
            cause=asked.data["event"],
            trace=asked.trace,
            depth=asked.depth,
        )
    if page.more:
        onward = asked.data | {"after": page.contacts[-1]}
        yield asked.but(id=digest("told on", asked.id), data=onward)
