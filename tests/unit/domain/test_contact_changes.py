from common.domain.contact import Company, Consent, ContactData, LegalBasis
from common.domain.contact_changes import changed_fields, values
from tests.support.flows import START, a_contact


def test_fields_are_told_as_conditions_name_them():
    before = a_contact(country="DE", custom={"tier": "tin", "size": 1}, company=Company(name="Mill"))
    after = before.merge(
        ContactData(country="SE", custom={"tier": "gold"}, company=Company(name="Forge", custom={"a": 1}))
    )

    assert set(changed_fields(before, after)) == {
        "country",
        "custom.tier",
        "company.name",
        "company.custom.a",
    }


def test_a_first_company_is_told_by_its_fields():
    before = a_contact()
    after = before.but(company=Company(id="9", name="Mill"))

    assert {"company.id", "company.name"} <= set(changed_fields(before, after))
    assert values(before, ["company.name"]) == {"company": {"name": None}}


def test_consent_is_told_by_its_purpose():
    consent = Consent(basis=LegalBasis.CONSENT, withdrawn_at=START)
    after = a_contact().merge(ContactData(consents={"e_marketing": consent}))

    assert changed_fields(a_contact(), after) == ("consents.e_marketing",)
    assert values(after, ["consents.e_marketing"])["consents"]["e_marketing"]["withdrawn_at"].startswith(
        "2026"
    )


def test_id_and_revision_are_no_data():
    assert changed_fields(a_contact("1", email=None), a_contact("2", email=None, revision=9)) == ()


def test_values_are_nested_as_the_contact_is():
    contact = a_contact(country="DE", custom={"tier": "tin"})

    assert values(contact, ["country", "custom.tier", "custom.none"]) == {
        "country": "DE",
        "custom": {"tier": "tin", "none": None},
    }
