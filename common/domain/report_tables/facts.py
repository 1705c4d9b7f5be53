"""What has happened: a row a fact. Rows stay as they are, but for `report_messages`; passages that are removed by
hand take their rows with them, and leave one in `report_removals`; facts that never happened leave one in
`report_corrections`."""

from enum import StrEnum

from common.domain.reasons import DropOut, Refusal, Status
from common.domain.report_tables.table import (
    ID,
    Column,
    Table,
    day,
    decimal,
    instant,
    text,
    whole,
    yes_no,
)

KEPT_AT = instant(
    "kept_at", "When the row was written last, by the clock of the machine; for those who read on."
)
PARTICIPANT = text("participant", "The passage of the contact through the flow.")
STEP = text(
    "step", "Id of the step; `start` is the queue before the first, `finish` the place behind the last."
)
ENROLLED_AT = instant("enrolled_at", "When the contact was enrolled.")


def words(vocabulary: type[StrEnum]) -> str:
    """The members of a closed vocabulary, for people."""
    return ", ".join(f"`{word}`" for word in vocabulary)


def fact(
    name: str, meaning: str, happened: str, *columns: Column, named: str = "Names what happened."
) -> Table:
    """A table of facts about flows. `happened`: what its time tells."""
    return Table(
        name,
        meaning,
        (
            text(ID, named),
            text("flow", "Id of the flow."),
            whole("run", "Which run of the flow, from 1."),
            whole("version", "The flow's version when it happened."),
            text("contact", "Id of the contact, by the CRM."),
            *columns,
            instant("at", f"{happened} (business time)."),
            instant("hour", "The hour of `at` by the flow's clock: when it began."),
            day("day", "The day of `at` in the flow's timezone."),
            KEPT_AT,
        ),
    )


ENROLMENTS = fact(
    "report_enrolments",
    "A row for each passage through a flow.",
    "When the contact was enrolled",
    PARTICIPANT,
)
REFUSALS = fact(
    "report_refusals",
    "A row for each suggestion that did not become a passage.",
    "When it was decided",
    text("reason", f"The first reason that applied: {words(Refusal)}."),
)
STEP_PASSAGES = fact(
    "report_step_passages",
    "A row each time that somebody went on from one step to the next.",
    "When the step was left",
    PARTICIPANT,
    STEP,
    text("next_step", "The step that came then."),
    whole("visit", "How many steps the passage had come to, the queue not counted."),
    instant("entered_at", "When the step was reached."),
    whole("seconds", "How long it took, in whole seconds."),
)
SUCCESSES = fact(
    "report_successes",
    "A row for each passage that met a success criterion.",
    "When it was met",
    PARTICIPANT,
    STEP,
    ENROLLED_AT,
    whole("seconds", "From enrolment, in whole seconds."),
)
EXITS = fact(
    "report_exits",
    "A row for each passage that is over: those who finished, dropped out, or were cancelled.",
    "When it ended",
    PARTICIPANT,
    STEP,
    text("status", f"How it ended: {words(Status)} (but for `active`)."),
    text("reason", f"Why somebody dropped out: {words(DropOut)}.", nullable=True),
    instant("entered_at", "When the step was reached at which it ended."),
    ENROLLED_AT,
    whole("seconds", "From enrolment, in whole seconds."),
)
REMOVALS = fact(
    "report_removals",
    "A row for each passage that was removed by hand. It has no other rows any more, but those of its messages.",
    "When it was removed",
    PARTICIPANT,
    text("status", "The status that it had."),
    text("reason", "Why it had dropped out.", nullable=True),
    ENROLLED_AT,
    instant("left_at", "When it had ended.", nullable=True),
)
MESSAGES = fact(
    "report_messages",
    "A row for each message to a contact, or call to a machine, that is sent or is not going to be; it tells how the "
    "message fares now.",
    "When it came to its state",
    PARTICIPANT,
    STEP,
    text("channel", "How it went, such as `email` or `sms`."),
    text("content", "Id of the content; empty where it has none."),
    text(
        "state",
        "`done`: handed over; `failed`: refused, or given up; `withdrawn`: not sent; `in_doubt`: may have been sent. "
        "Missing only while it has not been told yet.",
        nullable=True,
    ),
    instant("settled_at", "When it came to that state.", nullable=True),
    text("reason", "Why it was withdrawn, in a closed word.", nullable=True),
    instant("opened_at", "When the contact first opened it, or clicked in it.", nullable=True),
    instant("clicked_at", "When the contact first clicked in it.", nullable=True),
    instant("delivered_at", "When its provider told that it arrived.", nullable=True),
    instant("bounced_at", "When it came back after it had been handed over.", nullable=True),
    instant("complained_at", "When the contact complained of it.", nullable=True),
    named="Names the message.",
)
ENGAGEMENT = fact(
    "report_engagement",
    "A row for each first opening of a message and each click in one, by people and by machines.",
    "When it was",
    PARTICIPANT,
    STEP,
    text("message", "The message, as in `report_messages`."),
    text("channel", "How the message went."),
    text("content", "Id of its content."),
    text("kind", "`open` or `click`."),
    text("link", "Name of the link that was clicked.", nullable=True),
    yes_no("bot", "A machine did it, such as a scanner of mails; it counts in no rate."),
)
REVENUE = fact(
    "report_revenue",
    "A row for each order or sale of a contact within a year of its enrolment, and each passage that it follows. One "
    "sale may follow passages of several flows: sums over flows count it more than once.",
    "When the order or sale came",
    PARTICIPANT,
    text("event", "The event that told of it."),
    text("kind", "`order`, `sale_created`, `sale_sold` or `sale_lost`. Revenue is what is ordered and sold."),
    decimal("amount", "As the event told it.", nullable=True),
    text("currency", "As the event told it; empty where it did not."),
    ENROLLED_AT,
    whole("days", "Whole days since enrolment, each of 24 hours."),
)

CORRECTIONS = Table(
    "report_corrections",
    "A row for each fact that was taken out again because it never happened, when figures were put right. One that "
    "is written later than this row is there again.",
    (
        text(ID, "Table and fact, with a colon between."),
        text("table_name", "The table in which it was."),
        text("fact", "Its `id` there."),
        KEPT_AT,
    ),
)

FACTS = (
    ENROLMENTS,
    REFUSALS,
    STEP_PASSAGES,
    SUCCESSES,
    EXITS,
    REMOVALS,
    MESSAGES,
    ENGAGEMENT,
    REVENUE,
)
