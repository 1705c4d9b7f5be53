"""Files uploaded over HTTP, named by a content, and read back from the mail that carries them."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from common.adapters.mongo.attachments import MongoAttachments
from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

MEGABYTE = 1024 * 1024


def body(name: str, *attachments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "subject": name, "html": "<p>Hi</p>", "attachments": attachments}


async def uploaded(
    engine: Engine, content: bytes, name: str = "a.bin", media_type: str = "text/plain"
) -> Any:
    answer = await engine.call(
        "POST",
        "/v1/attachments",
        params={"name": name},
        content=content,
        headers={"Content-Type": media_type},
    )
    assert (answer["name"], answer["size"]) == (name, len(content))
    return answer


async def test_attachments_arrive_as_they_were_uploaded(engine: Engine) -> None:
    pdf, text = os.urandom(3 * MEGABYTE + 17), "Grüße\n.\n".encode()
    files = [
        await uploaded(engine, pdf, "Preisliste Frühjahr.pdf", "application/pdf"),
        await uploaded(engine, text, "note.txt", "text/plain; charset=utf-8"),
    ]
    named = [{"file": each["id"], "name": each["name"], "type": each["type"]} for each in files]
    await engine.call("PUT", "/v1/contents/priced", json=body("priced", *named))
    await engine.runs("priced", a_flow().triggered_by({"kind": "manual"}).mail("priced"))
    await engine.contacts("ada", "bea")
    await engine.suggests("priced", "ada", "bea")

    for name in ("ada", "bea"):
        (mail,) = [each for each in engine.sink.mails if each["To"].addresses[0].username == name]
        attached = list(mail.iter_attachments())
        assert [(each.get_filename(), each.get_content_type()) for each in attached] == [
            ("Preisliste Frühjahr.pdf", "application/pdf"),
            ("note.txt", "text/plain"),
        ]
        assert [each.get_payload(decode=True) for each in attached] == [pdf, text]
        rich = mail.get_body(("html",))
        assert rich is not None and "<p>Hi</p>" in rich.get_content()
    locked = await engine.ask(
        "PUT", "/v1/contents/priced", json=body("priced", *named[:1]), headers={"If-Match": '"1"'}
    )
    assert (locked.status_code, locked.json()["flows"]) == (409, ["priced"])


async def test_a_file_can_be_fetched_again(engine: Engine) -> None:
    content = os.urandom(2 * MEGABYTE)
    file = await uploaded(engine, content, "ä b.png", "image/png")

    assert await engine.call("GET", f"/v1/attachments/{file['id']}") == file
    fetched = await engine.ask("GET", f"/v1/attachments/{file['id']}/content")

    assert (fetched.content, fetched.headers["Content-Type"]) == (content, "image/png")
    assert fetched.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A4%20b.png"
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert (await engine.ask("GET", f"/v1/attachments/{'0' * 32}")).status_code == 404


async def test_more_than_a_mail_may_carry_is_refused_with_its_field(engine: Engine) -> None:
    """Each alone would be small enough."""
    half = await uploaded(engine, bytes(13 * MEGABYTE))
    twice = [{"file": half["id"], "name": name} for name in ("a", "b")]

    answer = await engine.ask("PUT", "/v1/contents/heavy", json=body("heavy", *twice))

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error == {
        "pointer": "#/attachments",
        "detail": "are 26.0 MB together; a mail may carry 25 MB",
    }
    assert (await engine.ask("PUT", "/v1/contents/heavy", json=body("heavy", twice[0]))).status_code == 201


async def test_a_file_that_nobody_uploaded_is_told_with_its_place(engine: Engine) -> None:
    unknown = {"file": "f" * 32, "name": "a"}

    answer = await engine.ask("PUT", "/v1/contents/unknown", json=body("unknown", unknown))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/attachments/0/file")


async def test_an_upload_ends_where_no_mail_could_carry_it(engine: Engine) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(40):
            sent += MEGABYTE
            yield bytes(MEGABYTE)

    answer = await engine.ask("POST", "/v1/attachments", params={"name": "a"}, content=endless())

    assert (answer.status_code, answer.json()["limit"]) == (413, 25 * MEGABYTE)
    assert sent <= 27 * MEGABYTE


@pytest.mark.parametrize("name", ["", "a/b", "a\r\nb", "x" * 201])
async def test_a_name_that_no_disk_would_take_is_refused(engine: Engine, name: str) -> None:
    answer = await engine.ask("POST", "/v1/attachments", params={"name": name}, content=b"x")

    assert answer.status_code == 422
    assert "name" in str(answer.json()["errors"][0])


async def unfinished(engine: Engine) -> list[str]:
    """The uploads that did not come to an end."""
    unused = {"unused_since": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}}
    rows = engine.database["attachments"].find(unused)
    return [row["_id"] async for row in rows if not row["complete"]]


async def test_an_upload_that_was_cut_short_is_no_file(engine: Engine) -> None:
    class Cut(Exception):
        pass

    async def torn() -> AsyncIterator[bytes]:
        yield bytes(3 * MEGABYTE)
        raise Cut

    store = MongoAttachments(engine.database)
    before = await unfinished(engine)
    with pytest.raises(Cut):
        await store.add("a", "text/plain", torn())

    ids = await unfinished(engine)
    assert len(ids) == len(before) + 1
    assert await store.many(ids) == {}
    assert await store.keep(ids) is False


async def test_uploading_asks_for_a_key(engine: Engine) -> None:
    answer: httpx.Response = await engine.ask(
        "POST", "/v1/attachments", params={"name": "a"}, content=b"x", headers={"Authorization": ""}
    )

    assert answer.status_code == 401
