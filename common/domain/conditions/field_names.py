"""Which facts a condition may name: `contact.…`, `before.…` and `event.…`, by their shape."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from common.domain.contact import Company, Consent, ContactData, Engagement, Tally

ROOTS = ("contact", "event", "before")

_ANY = "*"
_Shape = dict[str, Any]  # name to the shape below it, None where a value stands


def _leaves(names: Iterable[str]) -> _Shape:
    return dict.fromkeys(names)


_BEFORE: _Shape = {
    **_leaves(ContactData.model_fields),
    "company": {**_leaves(Company.model_fields), "custom": {_ANY: None}},
    "custom": {_ANY: None},
    "consents": {_ANY: _leaves(Consent.model_fields)},
}
_CONTACT: _Shape = {
    **_BEFORE,
    "consents": {_ANY: _leaves((*Consent.model_fields, *Consent.derived))},
    "engagement": {kind: _leaves(Tally.model_fields) for kind in Engagement.model_fields},
}


def check_field(field: str) -> str:
    """The field itself; raises `ValueError` with a hint when no fact can have this name."""
    root, dot, path = field.partition(".")
    if root not in ROOTS:
        raise ValueError(f"{field!r} is not a field{_hint_at_root(field, root)}")
    names = path.split(".") if dot else []
    if not all(name.strip() and name.isprintable() for name in names):
        raise ValueError(f"{field!r} has an empty or unprintable name between its dots")
    if root != "event":
        _descend(root, names, _CONTACT if root == "contact" else _BEFORE)
    elif not names:
        raise ValueError("'event' alone is not a field: name a field of the event, such as event.amount")
    return field


def _descend(above: str, names: list[str], shape: _Shape | None) -> None:
    if shape is None:
        if names:
            raise ValueError(f"{above} is a single value: there is no {'.'.join([above, *names])}")
        return
    if not names:
        raise ValueError(f"{above!r} holds several fields: name one of them{_examples(above, shape)}")
    name = names[0]
    if name not in shape and _ANY not in shape:
        raise ValueError(f"'{above}.{name}' is not a field{_did_you_mean(above, name, shape)}")
    _descend(f"{above}.{name}", names[1:], shape.get(name, shape.get(_ANY)))


def _examples(above: str, shape: _Shape) -> str:
    if _ANY in shape:
        return f", as {above}.<name>"
    return f" ({', '.join(sorted(shape))})"


def _did_you_mean(above: str, name: str, shape: _Shape) -> str:
    close = get_close_matches(name, shape, n=1)
    return f"; did you mean {above}.{close[0]}?" if close else f"; there are {', '.join(sorted(shape))}"


def _hint_at_root(field: str, root: str) -> str:
    if root in _CONTACT:
        return f"; write contact.{field}"
    for known, above in ((_CONTACT, "contact."), (ROOTS, "")):
        close = get_close_matches(root, known, n=1, cutoff=0.75)
        if close:
            return f"; did you mean {above}{field.replace(root, close[0], 1)}?"
    return "; fields begin with contact., event. or before."


def check_if_chosen(field: str) -> str:
    """The same of a field that is chosen already."""
    return check_field(field) if field else field


ChosenField = Annotated[str, StringConstraints(max_length=200), AfterValidator(check_if_chosen)]
"""A `FieldName`; empty only in drafts."""

FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(check_field)]
"""The name of a fact, checked by its shape."""
