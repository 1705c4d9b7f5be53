"""Addresses that refused mail, on a real MongoDB."""

import pytest

from common.ports import Commit
from tests.support.flows import START
from tests.support.sending import World

pytestmark = pytest.mark.mongo


async def test_five_soft_bounces_in_a_row_block_and_a_delivery_ends_the_row(world: World) -> None:
    async def bounce(times: int, permanent: bool = False) -> None:
        for _ in range(times):
            write = world.addresses.bounced("A@Example.org", permanent=permanent, reason="$x", at=START)
            await world.batches.commit(Commit(writes=[write]))

    await bounce(4)
    await world.batches.commit(Commit(writes=[world.addresses.delivered(["a@example.org"])]))
    await bounce(4)
    assert await world.addresses.blocked(["a@example.org"]) == set()
    await bounce(1)
    assert await world.addresses.blocked(["A@example.ORG", "b@example.org"]) == {"a@example.org"}


async def test_one_permanent_bounce_blocks_for_good(world: World) -> None:
    write = world.addresses.bounced("a@example.org", permanent=True, reason="550", at=START)
    await world.batches.commit(Commit(writes=[write]))
    await world.batches.commit(Commit(writes=[world.addresses.delivered(["a@example.org"])]))
    assert await world.addresses.blocked(["a@example.org"]) == {"a@example.org"}
