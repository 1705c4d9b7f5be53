"""Running, pausing, resuming and ending flows: commit the act, then see that every partition knows it
(architecture.md §2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from common.domain import life_cycle
from common.domain.chart import used_contents
from common.domain.event import FLOW_ENDED, FLOW_RESUMED
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.ids import digest
from common.domain.life_cycle import ALLOWED, Act, ActRefused
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Batches, Partitions, UnfinishedAct
from common.runtime.problems import Changed
from services.studio.etags import Conditions
from services.studio.flow_designs import Designs
from services.studio.wrong_state import WrongState

SOURCE = "headrace"
ATTEMPTS = 5

ANNOUNCED = {Act.RESUME: FLOW_RESUMED, Act.END: FLOW_ENDED}
"""Acts of which the executor's partitions are told, because somebody may stand in the flow."""


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """Performs acts. When one has answered, nothing is decided by the state before it any more."""

    designs: Designs
    partitions: Partitions
    batches: Batches

    async def perform(self, act: Act, flow: str, given: Conditions, *, by: str) -> StoredFlow:
        """Raises `NotFound`, `Changed`, `WrongState` and, for run and resume, `Invalid` and `Locked`."""
        for _ in range(ATTEMPTS):
            stored = await self.designs.get(flow)
            given.check(f"flow {flow!r}", stored.revision, needed=False)
            for cut_short in await self.designs.flows.unfinished(flow=flow):
                await self.finish(cut_short)
            after = await self._commit(act, stored, by)
            if after is not None:
                announce = ANNOUNCED.get(act)
                await self.finish(UnfinishedAct(after.id, after.run, after.epoch, announce))
                return after
        raise Changed(f"flow {flow!r} is being changed by others all the time")

    async def _commit(self, act: Act, stored: StoredFlow, by: str) -> StoredFlow | None:
        """The flow after the act; `None` when somebody else changed it meanwhile."""
        now = await self.designs.clock.now()
        allowed(act, stored)
        contents: dict[str, int] = {}
        before: FlowVersion | None = None
        if freezes(act):
            await self.designs.check(stored)
            before = await self.designs.check_people(stored)  # the pause is finished: nobody moves meanwhile
            contents = await self._contents(stored)

        def change(epoch: int) -> tuple[StoredFlow, FlowVersion | None]:
            after = apply(act, stored, epoch, now, by)
            return after, life_cycle.freeze(after, contents, now, before) if freezes(act) else None

        return await self.designs.flows.act(stored, change, ANNOUNCED.get(act))

    async def _contents(self, stored: StoredFlow) -> dict[str, int]:
        heads = await self.designs.contents.heads()
        return {content: heads[content] for content in sorted(used_contents(stored.draft))}

    async def finish(self, act: UnfinishedAct) -> None:
        """Bring a committed act to every partition. Doing it twice does no harm."""
        await self.partitions.raise_epoch(act.epoch)
        if act.announce is not None:
            record = announcement(act, act.announce, await self.designs.clock.now())
            await self.batches.post_to_all(Service.EXECUTOR, record)
        await self.designs.flows.finish(act)


def allowed(act: Act, stored: StoredFlow) -> None:
    """Raises `WrongState`: told before anything that is wrong with the draft."""
    if act not in ALLOWED[stored.state]:
        raise WrongState(ActRefused(act, stored.state), stored)


def apply(act: Act, stored: StoredFlow, epoch: int, at: datetime, by: str) -> StoredFlow:
    """The pure act; raises `ActRefused`."""
    match act:
        case Act.RUN:
            return life_cycle.run(stored, epoch=epoch, at=at, by=by)
        case Act.PAUSE:
            return life_cycle.pause(stored, epoch=epoch, at=at, by=by)
        case Act.RESUME:
            return life_cycle.resume(stored, epoch=epoch, at=at, by=by)
        case Act.END:
            return life_cycle.end(stored, epoch=epoch, at=at, by=by)
        case Act.EDIT | Act.DELETE:
            raise AssertionError("not an act of the life cycle")
        case _:
            assert_never(act)


def freezes(act: Act) -> bool:
    """Whether the act makes the draft the next version."""
    return act in (Act.RUN, Act.RESUME)


def announcement(act: UnfinishedAct, kind: str, at: datetime) -> Record:
    """One id an act, so that hearing of it twice is hearing of it once."""
    return Record(
        id=digest("act", act.flow, str(act.epoch)),
        type=kind,
        source=SOURCE,
        time=at,
        data={"flow": act.flow, "run": act.run},
    )
