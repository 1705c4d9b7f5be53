"""Closed vocabularies: a contract with everyone who reads reports (domain.md §4, §5)."""

from enum import StrEnum


class Status(StrEnum):
    """Where a participant stands."""

    ACTIVE = "active"
    FINISHED = "finished"
    FINISHED_WITH_SUCCESS = "finished_with_success"
    DROPPED_OUT = "dropped_out"
    CANCELLED = "cancelled"


class DropOut(StrEnum):
    """Why a participant left early."""

    FORMER_EMPLOYEE = "former_employee"
    EXCLUDED = "excluded"
    NO_CONSENT = "no_consent"
    NO_SUBSCRIPTION = "no_subscription"
    NO_EMAIL = "no_email"
    EMAIL_IN_USE = "email_in_use"
    EMAIL_BLOCKED = "email_blocked"
    NO_MOBILE = "no_mobile"
    NO_MATCH = "no_match"
    WAIT_TIMEOUT = "wait_timeout"
    REMOVED_BY_FLOW = "removed_by_flow"


class Refusal(StrEnum):
    """Why a suggested contact was not enrolled, in the order in which it is asked.

    `loop` stands before all others: the event was the tenth raised by flows without a wait between.
    """

    LOOP = "loop"
    FLOW_CLOSED = "flow_closed"
    ENROLMENT_ENDED = "enrolment_ended"
    ALREADY_IN_FLOW = "already_in_flow"
    ONCE_ONLY = "once_only"
    FILTER = "filter"
    EXCLUSION_LIST = "exclusion_list"


class FlowState(StrEnum):
    NOT_RUNNING = "not_running"
    RUNNING = "running"
    PAUSED = "paused"
