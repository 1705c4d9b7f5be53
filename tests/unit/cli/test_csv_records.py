"""From columns to events and contacts."""

from common.domain.contact import ContactData
from services.command_line import csv_records


def test_columns_that_an_event_does_not_have_are_its_data() -> None:
    columns = {"id": "7", "type": "order.placed", "contact": "42", "amount": "29.5", "data.paid": "true"}
    assert csv_records.event(columns) == {
        "id": "7",
        "type": "order.placed",
        "contact": "42",
        "data": {"amount": 29.5, "paid": True},
    }


def test_what_json_would_not_call_a_number_stays_text() -> None:
    columns = {"zip": "01234", "phone": "+47 12345678", "word": "null", "list": "[1]"}
    assert csv_records.event(columns)["data"] == columns


def test_a_contact_is_read_with_its_company_lists_consents_and_custom_fields() -> None:
    columns = {
        "id": "42",
        "first_name": "42",
        "mobile": "4712345678",
        "retired": "false",
        "company.name": "Company 4",
        "company.custom.size": "12",
        "custom.vip": "true",
        "selections": "staff; lapsed;",
        "consents.e_marketing.basis": "consent",
    }
    contact = csv_records.contact(columns)
    assert contact.pop("id") == "42"
    read = ContactData.model_validate(contact)
    assert (read.first_name, read.mobile, read.retired) == ("42", "4712345678", False)
    assert read.company is not None
    assert (read.company.name, read.company.custom) == ("Company 4", {"size": 12})
    assert (read.custom, read.selections) == ({"vip": True}, ["staff", "lapsed"])
    assert read.consents["e_marketing"].valid
