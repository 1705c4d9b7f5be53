import pytest

from common.domain.company_news import changed_company, company_of, news_id, told_to
from common.domain.contact import Company
from tests.support.flows import a_contact

AT_KVARN = a_contact(company=Company(id="k", name="Kvarn", custom={"size": 12, "old": None}))


@pytest.mark.parametrize(
    ("event_type", "data", "company"),
    [
        ("sale.created", {"company": "k"}, "k"),
        ("sale.created", {"company": ""}, None),
        ("sale.created", {"company": {"id": "k"}}, None),
        ("sale.created", {}, None),
        ("sale.sold", {"company": "k"}, None),
    ],
)
def test_a_sale_that_names_a_company_is_news_to_it(event_type, data, company):
    assert company_of(event_type, data) == company


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (["country"], None),
        (["company.name", "country"], {"id": "k", "name": "Kvarn"}),
        (["company.custom.size", "company.custom.old"], {"id": "k", "custom": {"size": 12, "old": None}}),
        (["company.id", "company.name"], None),
    ],
)
def test_what_changed_of_the_company_is_told_and_no_more(changed, told):
    assert changed_company(AT_KVARN, changed) == told


def test_of_no_company_or_one_without_an_id_nothing_is_told():
    assert changed_company(a_contact(), ["company.name"]) is None
    assert changed_company(a_contact(company=Company(name="Kvarn")), ["company.name"]) is None


def test_only_who_is_still_there_is_told():
    assert told_to(AT_KVARN, "headrace.company.sale_created", {"company": "k"})
    assert not told_to(AT_KVARN, "headrace.company.sale_created", {"company": "other"})
    assert told_to(AT_KVARN, "headrace.company.updated", {"company": {"id": "k"}})
    assert not told_to(a_contact(), "headrace.company.updated", {"company": {"id": "k"}})
    assert not told_to(None, "headrace.company.sale_created", {"company": "k"})


def test_the_id_follows_from_event_and_contact():
    assert news_id("e", "1") == news_id("e", "1") != news_id("e", "2")
    assert news_id("e", "1").startswith("e:")
