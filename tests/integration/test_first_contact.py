"""A start that the database prevents says why, and shows nothing of the connection string."""

import pytest
from pydantic import SecretStr

from common.runtime.serve import CantStart
from common.runtime.settings import Settings
from services.process import open_process
from tests.support.ports import free_port

pytestmark = pytest.mark.mongo


async def why_not(url: str) -> str:
    with pytest.raises(CantStart) as refused:
        await open_process(Settings(mongodb_url=SecretStr(url), secret=SecretStr("x" * 32)))
    return str(refused.value)


async def test_a_wrong_password_is_told(mongo_url: str) -> None:
    told = await why_not(mongo_url.replace("mongodb://", "mongodb://user:hidden@"))
    assert told == "HEADRACE_MONGODB_URL: Authentication failed."


async def test_nobody_at_the_address_is_told() -> None:
    port = free_port()
    told = await why_not(f"mongodb://user:hidden@127.0.0.1:{port}/")
    assert f"127.0.0.1:{port}: " in told
    assert told.endswith(f"('127.0.0.1', {port})"), "nothing of what the driver goes on to say"
    assert "hidden" not in told


async def test_a_connection_string_that_can_t_be_read_is_told_and_not_shown() -> None:
    told = await why_not("mongodb://user:hid/den@host/")
    assert "percent-encode" in told
    assert "den" not in told
