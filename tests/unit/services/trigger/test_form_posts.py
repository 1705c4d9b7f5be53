"""Posted forms as browsers and programs send them, and as nobody should."""

import contextlib
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.forms.answers import PostedFile
from common.runtime.problems import Invalid
from services.trigger.form_posts import LONGEST_HEAD, MOST_FIELDS, of_multipart

KIND = "multipart/form-data; boundary=x"
MOST_SECONDS = 2.0
MEGABYTE = 1_000_000


def part(disposition: str, content: bytes = b"", head: str = "") -> bytes:
    return f"--x\r\nContent-Disposition: form-data{disposition}\r\n{head}\r\n".encode() + content + b"\r\n"


def read(*parts: bytes, kind: str = KIND) -> list[tuple[str, str | PostedFile]]:
    return list(of_multipart(kind, b"".join(parts) + b"--x--\r\n"))


def test_fields_and_files_are_read_as_browsers_send_them() -> None:
    file = part(
        '; name="cv"; filename="Lebenslauf Müller.pdf"',
        b"%PDF\r\n\r\n--y",
        "Content-Type: application/pdf\r\n",
    )
    empty = part('; name="none"; filename=""', b"", "Content-Type: application/octet-stream\r\n")
    found = read(part('; name="größe"', "Ü\r\nb".encode()), file, empty, part('; name="topic"', b"a"))
    assert found == [
        ("größe", "Ü\r\nb"),
        ("cv", PostedFile(name="Lebenslauf Müller.pdf", type="application/pdf", content=b"%PDF\r\n\r\n--y")),
        ("topic", "a"),
    ]


def test_what_a_program_sends_is_read_too() -> None:
    request = httpx.Request(
        "POST", "http://localhost", data={"a": "1"}, files={"f": ("ä;b.txt", b"x", "text/plain")}
    )
    found = dict(of_multipart(request.headers["content-type"], request.read()))
    assert found == {"a": "1", "f": PostedFile(name="ä;b.txt", type="text/plain", content=b"x")}


@given(st.binary(max_size=300).filter(lambda content: b"\r\n--x" not in content))
def test_a_file_comes_as_it_was(content: bytes) -> None:
    ((_, file),) = read(part('; name="f"; filename="f"', content))
    assert isinstance(file, PostedFile)
    assert file.content == content


def test_names_of_files_end_no_header_and_lead_nowhere() -> None:
    for name in ("../../etc/passwd", "C:\\x\\passwd", "a\r\n b/passwd", "\x00/passwd"):
        found = read(part(f'; name="f"; filename="{name}"', b"x"))
        assert [file.name for _, file in found if isinstance(file, PostedFile)] in (["passwd"], [])


@pytest.mark.parametrize(
    "told", ["text/html\x00", "té/xt", "€/€", "a/" + "b" * 200, "text/x;y\r\n z: 1", "text", ""]
)
def test_a_media_type_that_is_none_ends_no_header(told: str) -> None:
    ((_, file),) = read(part('; name="f"; filename="f"', b"x", f"Content-Type: {told}\r\n"))
    assert isinstance(file, PostedFile)
    assert file.type in ("application/octet-stream", "text/plain", "text/x")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; " + "a=b;" * 50]
)
def test_without_a_delimiter_it_is_refused(kind: str) -> None:
    with pytest.raises(Invalid):
        list(of_multipart(kind, b"--x\r\n"))
    with pytest.raises(Invalid):
        list(of_multipart(KIND, b"a=1"))


def test_more_fields_than_forms_have_are_refused() -> None:
    assert len(read(*[part("; name=a", b"1")] * MOST_FIELDS)) == MOST_FIELDS
    with pytest.raises(Invalid):
        read(*[part("; name=a", b"1")] * (MOST_FIELDS + 1))


PIECES = [
    b"--x", b"--x--", b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data", b"; name=", b'"', b"a", b"\xff",
    b"; filename=", b"multipart/mixed; boundary=x",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_whatever_is_posted_is_read_or_refused(pieces: list[bytes]) -> None:
    with contextlib.suppress(Invalid):
        assert isinstance(list(of_multipart(KIND, b"".join(pieces))), list)


INSIDE = b"".join(
    b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(200)
)
HEAD = b"--x\r\nContent-Disposition: form-data; name=a"


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"\r\n b=c;" * 200_000 + b"\r\n\r\n1",
        HEAD + b'; a="' * 200_000 + b"\r\n\r\n1",
        b"--x\r\nContent-Type: multipart/mixed; boundary=0\r\n\r\n" + INSIDE + b"\n" * MEGABYTE,
        b"--x\r\n" + b"a: b\r\n" * 200_000,
        HEAD + b"\r\n\r\n" + b"\r\n--" * MEGABYTE,
        (HEAD + b"; a=b" * 18 + b'"' * (LONGEST_HEAD - 200) + b"\r\n\r\n1\r\n") * MOST_FIELDS,
    ],
    ids=["lines", "quotes", "parts in parts", "headers", "delimiters", "all that is taken"],
)
def test_no_post_takes_long_to_read(body: bytes) -> None:
    begun = time.process_time()
    list(of_multipart(KIND, body))
    assert time.process_time() - begun < MOST_SECONDS
