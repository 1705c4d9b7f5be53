"""The success service put together."""

from common.messages.topology import Service
from common.runtime.serve import App
from common.runtime.settings import Settings
from services.process import Parts, Process, assemble, open_process
from services.success.worker import SuccessHandler


async def parts(process: Process) -> Parts:
    return Parts(name="success", loops={Service.SUCCESS: process.loops_for(SuccessHandler(process.flows))})


async def build(settings: Settings) -> App:
    """The success service as a process of its own. Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [await parts(process)])
