"""What every mailer does, the one over SMTP against a real server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
import pytest_asyncio

from common.adapters.mail.smtp import SmtpMailer, SmtpServer
from common.adapters.memory.mailer import MemoryMailer
from common.ports import Mailer, MailRefused, MailUnavailable, MailUncertain
from tests.support.smtp_sink import Fault, SmtpSink

MESSAGE = b"Subject: Hello\r\nMessage-ID: <effect.1@example.org>\r\n\r\n.A line that begins with a dot\r\n"
SENDER = "news@example.org"


class Post(Protocol):
    """A mailer, and the world behind it."""

    mailer: Mailer

    def refuse(self, recipient: str, code: int, text: str) -> None: ...
    def vanish(self, recipient: str) -> None: ...
    def fall_silent_after(self, recipient: str) -> None: ...
    def arrived(self, recipient: str) -> int: ...
    def text(self, recipient: str) -> str:
        """What came behind the headers."""
        ...


class SmtpPost:
    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink
        self.mailer = SmtpMailer(SmtpServer("127.0.0.1", sink.port), size=2, timeout=2.0)

    def refuse(self, recipient: str, code: int, text: str) -> None:
        self.sink.at_recipient[recipient] = f"{code} {text}"

    def vanish(self, recipient: str) -> None:
        self.sink.break_at_recipient.add(recipient)

    def fall_silent_after(self, recipient: str) -> None:
        self.sink.at_data[recipient] = Fault.BREAK

    def arrived(self, recipient: str) -> int:
        return sum(count for got, count in self.sink.counts.items() if got.recipient == recipient)

    def text(self, recipient: str) -> str:
        return next(str(mail.get_content()) for mail in self.sink.mails)


class MemoryPost:
    def __init__(self) -> None:
        self.mailer = MemoryMailer()

    def refuse(self, recipient: str, code: int, text: str) -> None:
        refused = MailRefused(code, text, permanent=code >= 500, of_address=True)
        self.mailer.answers[recipient] = [refused]

    def vanish(self, recipient: str) -> None:
        self.mailer.answers[recipient] = [MailUnavailable("gone")]

    def fall_silent_after(self, recipient: str) -> None:
        self.mailer.answers[recipient] = [MailUncertain("no answer")]

    def arrived(self, recipient: str) -> int:
        return sum(mail.recipient == recipient for mail in self.mailer.sent)

    def text(self, recipient: str) -> str:
        return next(mail.message.partition(b"\r\n\r\n")[2].decode() for mail in self.mailer.sent)


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    sink = SmtpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest_asyncio.fixture(params=["smtp", "memory"])
async def post(request: pytest.FixtureRequest, sink: SmtpSink) -> AsyncIterator[Post]:
    if request.param == "memory":
        yield MemoryPost()
        return
    post = SmtpPost(sink)
    yield post
    await post.mailer.close()


async def test_a_mail_arrives_once(post: Post) -> None:
    await post.mailer.send(MESSAGE, SENDER, "a@example.org")
    assert post.arrived("a@example.org") == 1


@pytest.mark.parametrize(("code", "permanent"), [(550, True), (450, False)])
async def test_a_refusal_says_whether_it_is_for_good(post: Post, code: int, permanent: bool) -> None:
    post.refuse("a@example.org", code, "5.1.1 no")
    with pytest.raises(MailRefused) as refused:
        await post.mailer.send(MESSAGE, SENDER, "a@example.org")
    assert (refused.value.code, refused.value.permanent, refused.value.of_address) == (code, permanent, True)
    assert post.arrived("a@example.org") == 0


async def test_a_refusal_does_not_spoil_the_next_mail(post: Post) -> None:
    post.refuse("a@example.org", 550, "no")
    with pytest.raises(MailRefused):
        await post.mailer.send(MESSAGE, SENDER, "a@example.org")
    await post.mailer.send(MESSAGE, SENDER, "b@example.org")
    assert post.arrived("b@example.org") == 1


async def test_a_connection_lost_before_the_text_left_is_unavailable(post: Post) -> None:
    post.vanish("a@example.org")
    with pytest.raises(MailUnavailable):
        await post.mailer.send(MESSAGE, SENDER, "a@example.org")
    await post.mailer.send(MESSAGE, SENDER, "b@example.org")


async def test_no_answer_to_the_text_is_uncertain(post: Post) -> None:
    post.fall_silent_after("a@example.org")
    with pytest.raises(MailUncertain):
        await post.mailer.send(MESSAGE, SENDER, "a@example.org")


async def test_what_is_enclosed_comes_behind_the_message(post: Post) -> None:
    enclosed = b"\r\n--x\r\n\r\n" + b"\r\n".join([b"A" * 76] * 20_000) + b"\r\n--x--\r\n"
    await post.mailer.send(MESSAGE, SENDER, "a@example.org", enclosed)
    assert post.text("a@example.org").endswith(".A line that begins with a dot\r\n" + enclosed.decode())


# What only a network has.


def mailer_for(sink: SmtpSink, *, size: int = 2, timeout: float = 2.0) -> SmtpMailer:
    return SmtpMailer(SmtpServer("127.0.0.1", sink.port), size=size, timeout=timeout)


async def test_leading_dots_survive_the_wire(sink: SmtpSink) -> None:
    mailer = mailer_for(sink)
    await mailer.send(MESSAGE, SENDER, "a@example.org")
    assert sink.mails[0].get_content() == ".A line that begins with a dot\r\n"
    await mailer.close()


async def test_connections_are_shared_and_bounded(sink: SmtpSink) -> None:
    mailer = mailer_for(sink, size=2)
    await asyncio.gather(*(mailer.send(MESSAGE, SENDER, f"{n}@example.org") for n in range(20)))
    assert sink.counts.total() == 20
    assert sink.connections <= 2
    await mailer.close()


async def test_connections_that_died_while_idle_are_replaced(sink: SmtpSink) -> None:
    mailer = mailer_for(sink)
    await mailer.send(MESSAGE, SENDER, "a@example.org")
    sink.drop_connections()
    await mailer.send(MESSAGE, SENDER, "b@example.org")
    assert sink.counts.total() == 2
    await mailer.close()


async def test_nobody_listening_is_unavailable(sink: SmtpSink) -> None:
    await sink.stop()
    with pytest.raises(MailUnavailable):
        await mailer_for(sink).send(MESSAGE, SENDER, "a@example.org")


async def test_a_server_that_never_answers_the_text_is_left_after_the_hard_limit(sink: SmtpSink) -> None:
    sink.at_data["a@example.org"] = Fault.HANG
    with pytest.raises(MailUncertain):
        async with asyncio.timeout(2):
            await mailer_for(sink, timeout=0.3).send(MESSAGE, SENDER, "a@example.org")


async def test_a_server_that_never_greets_is_unavailable() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    mailer = SmtpMailer(SmtpServer("127.0.0.1", server.sockets[0].getsockname()[1]), size=1, timeout=0.3)
    with pytest.raises(MailUnavailable):
        await mailer.send(MESSAGE, SENDER, "a@example.org")
    server.close()


@pytest.mark.parametrize(
    ("answer", "permanent", "of_address"),
    [
        ("552 5.2.2 mailbox full", True, True),
        ("554 5.7.1 looks like spam", True, False),
        ("554 no", True, False),
        ("451 4.3.0 try later", False, False),
    ],
)
async def test_a_refused_text_is_certain_and_says_whose_fault_it_is(
    sink: SmtpSink, answer: str, permanent: bool, of_address: bool
) -> None:
    sink.at_data["a@example.org"] = answer
    mailer = mailer_for(sink)
    with pytest.raises(MailRefused) as refused:
        await mailer.send(MESSAGE, SENDER, "a@example.org")
    assert (refused.value.permanent, refused.value.of_address) == (permanent, of_address)
    await mailer.close()


async def test_relaying_denied_is_not_the_address_s_fault(sink: SmtpSink) -> None:
    sink.at_recipient["a@example.org"] = "554 5.7.1 relay access denied"
    mailer = mailer_for(sink)
    with pytest.raises(MailRefused) as refused:
        await mailer.send(MESSAGE, SENDER, "a@example.org")
    assert refused.value.permanent
    assert not refused.value.of_address
    await mailer.close()


async def test_a_server_that_closes_for_now_has_refused_nothing(sink: SmtpSink) -> None:
    sink.at_recipient["a@example.org"] = "421 4.3.2 closing"
    with pytest.raises(MailUnavailable):
        await mailer_for(sink).send(MESSAGE, SENDER, "a@example.org")
