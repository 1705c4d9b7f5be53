"""Long work lets others have their turn."""

import asyncio
from time import perf_counter, sleep

from common.runtime.pieces import PIECE_SECONDS, in_pieces


async def test_all_come_in_their_order():
    assert [each async for piece in in_pieces(range(5)) for each in piece] == [0, 1, 2, 3, 4]


async def test_of_nothing_there_is_no_piece():
    assert [piece async for piece in in_pieces([])] == []


async def test_long_work_comes_in_several_pieces_and_loses_nothing():
    pieces: list[list[int]] = []
    async for piece in in_pieces(range(4)):
        pieces.append([])
        for each in piece:
            sleep(PIECE_SECONDS)  # noqa: ASYNC251 - stands for work
            pieces[-1].append(each)

    assert pieces == [[0], [1], [2], [3]]


async def test_others_have_their_turn_while_long_work_goes_on():
    waits: list[float] = []

    async def other() -> None:
        while len(waits) < 3:
            began = perf_counter()
            await asyncio.sleep(0)
            waits.append(perf_counter() - began)

    beside = asyncio.create_task(other())
    done = 0
    async for piece in in_pieces(range(40)):
        for _ in piece:
            sleep(PIECE_SECONDS / 3)  # noqa: ASYNC251 - stands for work
            done += 1
        if beside.done():
            break

    await beside
    assert done < 40
