"""All services in one process: the embedded mode, for one machine."""

from common.runtime.serve import App, main
from common.runtime.settings import Settings
from services.executor import app as executor
from services.filter import app as filter_
from services.process import Parts, assemble, open_process
from services.reporting import app as reporting
from services.studio import app as studio
from services.success import app as success
from services.trigger import app as trigger

SERVICES = (trigger, success, filter_, executor, reporting, studio)


async def build(settings: Settings, *beside: Parts) -> App:
    """Every service, and what stands `beside` them (the mailbox, the demo). Raises `Unavailable`."""
    process = await open_process(settings)
    return assemble(process, [*[await service.parts(process) for service in SERVICES], *beside])


if __name__ == "__main__":
    main("all-in-one", build)
