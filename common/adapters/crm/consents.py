"""The consents that the reference CRM holds of a person, as events carry them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from common.adapters.crm.fields import Fields, known
from common.domain.contact import E_MARKETING, LegalBasis
from common.domain.instant import to_instant

HELD_BY = "crm"
"""Source of the consents that the CRM holds."""
PURPOSES = {"EMARKETING": E_MARKETING}
"""Purposes for which we have another word; the others' keys are taken in lower case."""
BASES = {
    "61A": LegalBasis.CONSENT,
    "61B": LegalBasis.CONTRACT,
    "61C": LegalBasis.LEGAL_OBLIGATION,
    "61F": LegalBasis.LEGITIMATE_INTEREST,
}
"""By the letters of GDPR article 6, paragraph 1."""
WITHDRAWN = "WITHDRAWN"


def consents(given: Iterable[Fields]) -> dict[str, Any]:
    """By purpose, with those that are marked as withdrawn. One that was given on a legal basis for which we have no
    word is none that we may use."""
    found = {}
    for each in given:
        purpose = each.text("ConsentPurposeKey")
        if purpose and (told := consent(each)):
            found[PURPOSES.get(purpose.upper(), purpose.lower().replace(".", "_"))] = told
    return found


def consent(given: Fields) -> dict[str, Any] | None:
    basis, at = (given.text("LegalBaseKey") or "").upper(), moment(given.text("Updated", "Registered"))
    source = "/".join([HELD_BY, *filter(None, [given.text("ConsentSourceKey")])])[:200]
    if basis == WITHDRAWN and at:
        return {"basis": LegalBasis.CONSENT.value, "source": source, "withdrawn_at": at}
    if basis not in BASES:
        return None
    return known({"basis": BASES[basis].value, "source": source, "at": at})


def moment(told: str | None) -> str | None:
    """UTC where no zone is told; nothing for a date that stands for none."""
    try:
        found = datetime.fromisoformat(told or "")
        at = to_instant(found if found.tzinfo else found.replace(tzinfo=UTC))
    except ValueError:
        return None
    return at.isoformat() if at.year > 1 else None
