"""Phone numbers in the one form that networks agree on (E.164): `+4915112345678`."""

import phonenumbers


def to_e164(number: str, *regions: str | None) -> str | None:
    """The number with its country code; `None` for what can be no number.

    One without a country code is read as of the first of the `regions` (ISO 3166, two letters) that is known.
    """
    known = [each.upper() for each in regions if each and each.upper() in phonenumbers.SUPPORTED_REGIONS]
    try:
        parsed = phonenumbers.parse(number, known[0] if known else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
