"""An act that was committed by a process that died before it told the partitions."""

import pytest

from common.domain.event import FLOW_ENDED
from common.domain.life_cycle import Act
from common.messages.topology import Service
from common.ports import Unavailable
from services.process import Process
from services.studio.app import studio_on
from services.studio.etags import Conditions
from services.studio.life_cycle import LifeCycle
from services.studio.worker import ActFinisher
from tests.integration.studio.conftest import PARTITIONS, Client
from tests.integration.studio.test_flows import epochs, set_up

NO_CONDITIONS = Conditions(wanted=None, new=False)


class DyingPartitions:
    """Partitions out of reach at the worst moment."""

    async def raise_epoch(self, epoch: int) -> None:
        raise Unavailable("MongoDB")


def dying(process: Process, life: LifeCycle) -> LifeCycle:
    return LifeCycle(life.designs, DyingPartitions(), process.batches)  # type: ignore[arg-type]


async def test_it_is_finished_by_the_worker(studio: Client) -> None:
    process = studio.process
    await set_up(studio)
    await studio.done("winback", "run")
    await studio.done("winback", "pause")
    life = studio_on(process, keys=None).life  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await dying(process, life).perform(Act.END, "winback", NO_CONDITIONS, by="")
    assert (await studio.read("/v1/flows/winback"))["state"] == "not_running"
    assert await epochs(process) == {2}
    await ActFinisher(life, overdue=60).finish_overdue()
    assert await epochs(process) == {2}, "somebody may still be at it"
    await ActFinisher(life, overdue=0).finish_overdue()
    assert await epochs(process) == {3}
    for partition in range(PARTITIONS):
        (ticket,) = await process.work.waiting_for(Service.EXECUTOR, partition, 10)
        assert ticket.records[0].data == {"flow": "winback", "run": 1}
    assert await life.designs.flows.unfinished() == []


async def test_the_next_act_on_the_flow_finishes_it_first(studio: Client) -> None:
    process = studio.process
    await set_up(studio)
    await studio.done("winback", "run")
    life = studio_on(process, keys=None).life  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await dying(process, life).perform(Act.END, "winback", NO_CONDITIONS, by="")
    await studio.done("winback", "run")
    for partition in range(PARTITIONS):
        (ticket,) = await process.work.waiting_for(Service.EXECUTOR, partition, 10)
        assert ticket.records[0].type == FLOW_ENDED
        assert ticket.records[0].data == {"flow": "winback", "run": 1}
