from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from common.adapters.mail.mime import Mail, address, compose, one_line

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def parsed(**fields: object) -> EmailMessage:
    usual = {
        "message_id": "effect.1@example.org",
        "date": datetime(1997, 2, 3, 12, tzinfo=UTC),
        "sender": ("News", "news@example.org"),
        "recipient": ("", "a@example.org"),
        "subject": "Hi",
        "text": "Hi",
        "html": "<p>Hi</p>",
    }
    raw = compose(Mail(**usual | fields))  # type: ignore[arg-type]
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(message: EmailMessage, kind: str) -> list[str]:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).splitlines()


@given(texts, texts)
def test_bodies_come_through_line_by_line(text: str, html: str) -> None:
    message = parsed(text=text, html=html)
    assert body(message, "plain") == (text.splitlines() or [""])
    assert body(message, "html") == (html.splitlines() or [""])


@given(names, names, names)
def test_no_name_or_subject_makes_or_breaks_a_header(sender: str, recipient: str, subject: str) -> None:
    message = parsed(
        sender=(sender, "news@example.org"), recipient=(recipient, "a@example.org"), subject=subject
    )
    assert message.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert [each.addr_spec for each in message["From"].addresses] == ["news@example.org"]
    assert [each.addr_spec for each in message["To"].addresses] == ["a@example.org"]


@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_categories=["Cc", "Zs"]), max_size=300
    )
)
def test_a_subject_comes_through(subject: str) -> None:
    assert parsed(subject=subject)["Subject"] == subject


def test_a_text_that_looks_like_the_boundary_is_text() -> None:
    assert body(parsed(text="--=_headrace_part--"), "plain") == ["--=_headrace_part--"]


def test_whatever_ends_a_line_becomes_a_space() -> None:
    assert one_line(" a\r\nb\u2028c\x00d ") == "a b c d"


def test_the_way_out_stands_in_its_header_as_it_is_however_long():
    """An encoded address is none to those who read it (RFC 8058, 3.1)."""
    way_out = f"https://example.org/r/u/{'a' * 200}"
    raw = compose(
        Mail(
            "1@example.org",
            datetime(1997, 2, 3, tzinfo=UTC),
            ("", "n@example.org"),
            ("", "a@example.org"),
            "Hi",
            "",
            "",
            unsubscribe=way_out,
        )
    )
    assert f"List-Unsubscribe: <{way_out}>\r\n".encode() in raw
    assert parsed(unsubscribe=way_out)["List-Unsubscribe"] == f"<{way_out}>"


@given(st.text("Ab1 .'\"(,é", max_size=12), st.from_regex(r"[a-c.+_'-]{1,9}@[a-c.-]{1,9}", fullmatch=True))
def test_an_address_reads_as_the_library_writes_it(name: str, spec: str) -> None:
    try:
        by_library = str(Address(display_name=one_line(name), addr_spec=spec))
    except (ValueError, HeaderParseError):
        return
    assert address(name, spec) == by_library
