"""Frequency caps over HTTP."""

from common.adapters.mongo.caps import MongoCaps
from common.domain.caps import Caps
from tests.integration.studio.conftest import Client
from tests.support.flows import START

WEEKLY = {"subscription_type": "news", "most": 2, "days": 7, "then": "skip"}


async def test_none_are_set_until_somebody_does(studio: Client) -> None:
    assert (await studio.read("/v1/caps"))["caps"] == []

    written = await studio.put("/v1/caps", {"caps": [WEEKLY]})
    assert (written["caps"], written["revision"]) == ([WEEKLY], 1)
    assert (await studio.read("/v1/caps"))["caps"] == [WEEKLY]


async def test_two_who_set_them_at_once_do_not_undo_each_other(studio: Client) -> None:
    await studio.put("/v1/caps", {"caps": [WEEKLY]})
    old = studio.tags["/v1/caps"]
    await studio.put("/v1/caps", {"caps": []})

    answer = await studio.ask("PUT", "/v1/caps", json={"caps": [WEEKLY]}, headers={"If-Match": old})
    assert answer.status_code == 412
    assert (await studio.read("/v1/caps"))["caps"] == []


async def test_the_store_lets_only_one_of_two_through(studio: Client) -> None:
    caps = MongoCaps(studio.process.database)

    for read in (0, 1):
        assert await caps.replace(Caps(), read=read, at=START) is not None
        assert await caps.replace(Caps(), read=read, at=START) is None
    assert (await caps.all()).revision == 2


async def test_a_cap_that_makes_no_sense_is_refused_by_field(studio: Client) -> None:
    answer = await studio.ask("PUT", "/v1/caps", json={"caps": [{"most": 0, "days": 7}]})

    assert answer.status_code == 422
    assert "/caps/0/most" in answer.text
