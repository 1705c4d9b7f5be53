"""Ids that are derived, so that doing a thing twice names it once."""

from hashlib import blake2b
from zlib import crc32


def digest(*parts: str) -> str:
    """32 hex digits of the parts; parts can't run into one another."""
    hashed = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode()
        hashed.update(len(raw).to_bytes(4, "big") + raw)
    return hashed.hexdigest()


def partition_of(contact: str, partitions: int) -> int:
    """The partition, 0 to `partitions` - 1, on which everything about this contact is decided."""
    return crc32(contact.encode()) % partitions


def event_id(source: str, given_id: str) -> str:
    """The archive's id of an event: one for each (source, id)."""
    return digest("event", source, given_id)


def participant_id(contact: str, flow: str, cause: str) -> str:
    """One passage for each contact, flow and enrolling event or operation."""
    return digest("participant", contact, flow, cause)


def effect_id(participant: str, step: str, visit: int, number: int = 0) -> str:
    """The ledger's key: the same visit of the same step plans the same effects; `number` tells them apart."""
    further = (str(number),) if number else ()
    return digest("effect", participant, step, str(visit), *further)
