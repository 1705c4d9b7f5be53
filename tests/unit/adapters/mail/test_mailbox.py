from collections.abc import AsyncIterator

import pytest_asyncio

from common.adapters.mail.mailbox import Mailbox
from common.adapters.mail.smtp import SmtpMailer, SmtpServer

MESSAGE = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <effect.1@example.org>\r\n\r\n%s\r\n"


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(most=3, most_bytes=3_000)
    yield mailbox
    await mailbox.stop()


async def send(mailbox: Mailbox, *texts: bytes) -> None:
    mailer = SmtpMailer(SmtpServer("127.0.0.1", await mailbox.start()), size=1, timeout=2)
    for text in texts:
        await mailer.send(MESSAGE % text, "news@example.org", "a@example.org")
    await mailer.close()


async def test_a_mail_is_taken_apart_for_its_reader(mailbox: Mailbox) -> None:
    await send(mailbox, b"Hello")
    (mail,) = mailbox.latest()
    assert (mail.number, mail.subject, mail.text.strip(), mail.html) == (1, "Grüße", "Hello", "")
    assert (mail.sender, mail.recipients) == ("news@example.org", ("a@example.org",))
    assert mail.message_id == "<effect.1@example.org>"
    assert mailbox.mail(1) == mail
    assert mailbox.mail(2) is None


async def test_only_the_last_mails_are_kept(mailbox: Mailbox) -> None:
    await send(mailbox, b"1", b"2", b"3", b"4", b"5")
    assert [mail.text.strip() for mail in mailbox.latest()] == ["5", "4", "3"]
    assert mailbox.mail(1) is None
    assert mailbox.received == 5


async def test_large_mails_push_out_earlier_ones(mailbox: Mailbox) -> None:
    await send(
        mailbox, *(letter * 50 + b"\r\n" + b"." * 900 + b"\r\n" for letter in (b"x", b"y")), b"z\r\n" * 700
    )
    assert [mail.text.strip()[0] for mail in mailbox.latest()] == ["z"]
