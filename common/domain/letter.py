"""A letter: a mail that no flow sends, complete in itself (domain.md §9: confirmation, response)."""

from collections.abc import Mapping

from common.domain.contact import Contact
from common.domain.effect import Effect
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.permission import Permission

LETTER = "letter"
"""The channel of letters in the effect ledger."""

TO = "to"


def letter(
    contact: str, partition: int, cause: str, purpose: str, settings: Mapping[str, str], at: Instant
) -> Effect:
    """The effect that sends it; one for each cause and purpose. `settings`: `to`, `from_name`, `from_address`,
    `subject`, `text`, and in `values` what their merge tags stand for, as JSON."""
    return Effect(
        id=digest("letter", cause, purpose),
        partition=partition,
        channel=LETTER,
        flow="",
        run=0,
        version=0,
        participant="",
        contact=contact,
        step="",
        permission=Permission.NONE,
        settings=dict(settings),
        planned_at=at,
    )


def recipient(effect: Effect, contact: Contact | None) -> Contact | None:
    """Whom it goes to: of a letter whoever it names, who need not be known yet."""
    if effect.channel != LETTER:
        return contact
    return Contact(id=effect.contact, email=str(effect.settings[TO]))
