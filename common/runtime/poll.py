"""What a process looks at again and again, once for all its partitions: waiting tickets while there is no bus, and
whether the clock has been moved."""

import asyncio

import structlog

from common.domain.clock import ClockMode
from common.messages.topology import Service
from common.ports import Clock, Courier, Unavailable, Work
from common.runtime.bells import Bells
from common.runtime.members import heard_once

log = structlog.get_logger()

POLL_PAUSED = "poll.paused"
WORK_SECONDS = 0.25
"""How often `work` is looked at while copies can't arrive."""

STEP_SECONDS = 0.02
"""How soon a step of the clock is noticed."""

RUNNING_SECONDS = 1.0
"""How soon it is noticed that a running clock was set anew."""


async def poll_work(work: Work, courier: Courier, bells: Bells, stopping: asyncio.Event) -> None:
    """While there is no bus, wake the partitions whose tickets another process has committed."""
    while not stopping.is_set():
        await heard_once(stopping, WORK_SECONDS)
        if courier.connected():
            continue
        try:
            for service, partition in await work.waiting():
                bells.ring(service, partition)
        except Unavailable as error:
            log.warning(POLL_PAUSED, why=str(error))


async def follow_clock(clock: Clock, bells: Bells, stopping: asyncio.Event) -> None:
    """Wake those who keep time when the clock was set or stepped, by whichever process."""
    last = None
    while not stopping.is_set():
        seconds = RUNNING_SECONDS
        try:
            setting = await clock.read()
            if setting != last:
                bells.ring_service(Service.EXECUTOR)
            last = setting
            seconds = STEP_SECONDS if setting.mode is ClockMode.STEP else RUNNING_SECONDS
        except Unavailable as error:
            log.warning(POLL_PAUSED, why=str(error))
        await heard_once(stopping, seconds)
