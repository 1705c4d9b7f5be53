"""The road as values: which service follows which, and how things are named on the bus."""

from enum import StrEnum


class Service(StrEnum):
    TRIGGER = "trigger"
    SUCCESS = "success"
    FILTER = "filter"
    EXECUTOR = "executor"
    EFFECTS = "effects"
    """The executor's second hand: owns the sending of a partition's effects; gets no tickets."""
    REPORTING = "reporting"
    OUTSIDE = "outside"
    """Reporting's second hand: tells other systems; gets its tickets from reporting, where that is wanted."""
    STUDIO = "studio"


ROAD = (Service.TRIGGER, Service.SUCCESS, Service.FILTER, Service.EXECUTOR, Service.REPORTING)
"""The way of an event, in order."""

TAKING_TICKETS = (*ROAD, Service.OUTSIDE)

FENCED_BY_EPOCH = (Service.TRIGGER, Service.EXECUTOR, Service.EFFECTS)
"""Those that decide by the state of flows; a life-cycle act is done when all their partitions know it."""


EVENTS_EXCHANGE = "crm.events"
"""The topic exchange to which other systems publish events, under any routing key."""

EVENTS_QUEUE = "headrace.v1.events"
"""Where they wait for the trigger. A change of arguments needs a new version here."""


def after(service: Service) -> Service:
    """The next service on the road; raises `IndexError` behind the last."""
    return ROAD[ROAD.index(service) + 1]


def queue_name(service: Service, partition: int) -> str:
    """The quorum queue of one service and partition. A change of arguments needs a new version here."""
    return f"headrace.v1.{service}.{partition}"
