"""Attachments, read back by the standard library as mail programs do."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.adapters.mail.enclosures import END, Enclosures, part
from common.adapters.mail.mime import Mail, compose
from common.domain.attachment import Attachment, StoredFile
from common.ports import Unsendable
from tests.support.flows import START

FILES = {f"{number:032x}": bytes([number]) * 3_000_000 for number in range(3)}
HEAD = compose(
    Mail(
        message_id="effect.1@example.org",
        date=datetime(1997, 2, 3, 12, tzinfo=UTC),
        sender=("News", "news@example.org"),
        recipient=("", "a@example.org"),
        subject="Hi",
        text="Plain Ä",
        html="<p>Rich Ä</p>",
        carries=True,
    )
)


class Files:
    """Kept in memory; counts how often each is read."""

    def __init__(self) -> None:
        self.reads: list[str] = []

    async def add(self, name: str, media_type: str, content: AsyncIterator[bytes]) -> StoredFile:
        raise NotImplementedError

    async def keep(self, ids: Collection[str]) -> bool:
        raise NotImplementedError

    async def many(self, ids: Collection[str]) -> Mapping[str, StoredFile]:
        known = {each: FILES[each] for each in ids if each in FILES}
        return {
            each: StoredFile(id=each, name="x", type="text/plain", size=len(content), uploaded_at=START)
            for each, content in known.items()
        }

    async def read(self, file: str) -> AsyncIterator[bytes]:
        self.reads.append(file)
        content = FILES.get(file, b"")
        for start in range(0, len(content), 1_000_000):
            yield content[start : start + 1_000_000]


def parsed(enclosed: bytes) -> EmailMessage:
    raw = HEAD + enclosed
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert not any(line.startswith(b".") for line in enclosed.split(b"\r\n"))
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not any(each.defects for each in message.walk())
    return message


def named(number: int, name: str = "x.bin") -> Attachment:
    return Attachment(file=f"{number:032x}", name=name, type="application/pdf")


LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\\u2028\u2029")
NAMED = st.tuples(
    st.text(LETTERS, min_size=1, max_size=80).map(str.strip).filter(bool), st.binary(max_size=500)
)


@given(st.lists(NAMED, min_size=1, max_size=4))
def test_every_file_comes_through_byte_by_byte_under_its_name(files: list[tuple[str, bytes]]) -> None:
    encoded = [
        part(Attachment(file="0" * 32, name=name, type="image/png"), content) for name, content in files
    ]
    message = parsed(b"".join([*encoded, END]))

    attached = list(message.iter_attachments())
    assert [each.get_payload(decode=True) for each in attached] == [content for _, content in files]
    assert [each.get_content_type() for each in attached] == ["image/png"] * len(files)
    assert [each.get_filename() for each in attached] == [name for name, _ in files]
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and plain.get_content() == "Plain Ä\r\n"
    assert rich is not None and rich.get_content() == "<p>Rich Ä</p>\r\n"


async def test_what_was_encoded_once_is_lent_to_all_that_carry_it() -> None:
    files = Files()
    enclosures = Enclosures(files)

    first = await enclosures.of([named(1), named(2)])
    assert await enclosures.of([named(1), named(2)]) is first

    assert files.reads == [f"{1:032x}", f"{2:032x}"]
    (one, two) = parsed(first).iter_attachments()
    assert (one.get_payload(decode=True), two.get_payload(decode=True)) == (
        FILES[f"{1:032x}"],
        FILES[f"{2:032x}"],
    )


async def test_no_more_is_kept_than_there_is_room_for() -> None:
    files = Files()
    enclosures = Enclosures(files, most=9_000_000)
    for number in (0, 1, 2, 1, 2, 0):
        await enclosures.of([named(number)])

    assert [int(each) for each in files.reads] == [0, 1, 2, 0]


async def test_a_mail_whose_file_is_gone_can_t_be_sent() -> None:
    with pytest.raises(Unsendable, match="is gone"):
        await Enclosures(Files()).of([named(9)])


async def test_without_attachments_nothing_follows() -> None:
    assert await Enclosures(Files()).of([]) == b""
