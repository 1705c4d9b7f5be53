import pytest

from common.domain.conditions.field_names import check_field


@pytest.mark.parametrize(
    "field",
    [
        "contact.country",
        "contact.selections",
        "contact.company.name",
        "contact.custom.tier",
        "contact.custom.Größe in cm",
        "contact.company.custom.tier",
        "contact.consents.e_marketing.basis",
        "before.category",
        "before.custom.tier",
        "event.amount",
        "event.order.lines.first",
    ],
)
def test_fields_there_may_be(field: str) -> None:
    assert check_field(field) == field


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("country", "write contact.country"),
        ("custom.tier", "write contact.custom.tier"),
        ("contry", "did you mean contact.country?"),
        ("contakt.country", "did you mean contact.country?"),
        ("amount", "fields begin with contact., event. or before."),
        ("contact.contry", "did you mean contact.country?"),
        ("before.contry", "did you mean before.country?"),
        ("contact.company.nam", "did you mean contact.company.name?"),
        ("contact.zzz", "there are category, company"),
        ("contact.country.name", "contact.country is a single value"),
        ("contact.company", "name one of them"),
        ("contact.custom", "contact.custom.<name>"),
        ("contact.custom.a.b", "contact.custom.a is a single value"),
        ("contact", "name one of them"),
        ("event", "such as event.amount"),
        ("event.", "empty or unprintable"),
        ("event.a..b", "empty or unprintable"),
        ("contact. ", "empty or unprintable"),
        ("event.a\x00b", "empty or unprintable"),
    ],
)
def test_fields_that_can_not_be_are_refused_with_a_hint(field: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint.replace("?", r"\?")):
        check_field(field)
