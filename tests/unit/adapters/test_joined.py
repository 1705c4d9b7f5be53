"""Who asks at the same time is answered by one look."""

import asyncio
from collections.abc import Iterable, Mapping

from common.adapters.joined import Joined


class Shelf:
    """Holds even numbers; notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.broken = False

    async def look(self, ids: Iterable[str]) -> Mapping[str, int]:
        self.asked.append(set(ids))
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError
        return {each: int(each) for each in self.asked[-1] if int(each) % 2 == 0}


async def test_those_who_ask_together_share_one_look_and_get_their_own_answer():
    shelf = Shelf()
    joined = Joined(shelf.look)

    assert await asyncio.gather(*map(joined.one, "1224")) == [None, 2, 2, 4]
    assert await joined.one("6") == 6

    assert shelf.asked == [{"1", "2", "4"}, {"6"}]


async def test_all_who_asked_hear_of_a_look_that_failed_and_the_next_looks_again():
    shelf = Shelf()
    joined = Joined(shelf.look)
    shelf.broken = True

    failed = await asyncio.gather(joined.one("2"), joined.one("4"), return_exceptions=True)
    shelf.broken = False

    assert [type(each) for each in failed] == [ConnectionError, ConnectionError]
    assert await joined.one("2") == 2


async def test_who_gives_up_takes_nothing_from_the_others():
    joined = Joined(Shelf().look)
    impatient, patient = (asyncio.create_task(joined.one("2")) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()

    assert await patient == 2
