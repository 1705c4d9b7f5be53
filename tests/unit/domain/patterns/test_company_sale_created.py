from common.domain.patterns.company_sale_created import CompanySaleCreated
from common.domain.patterns.pattern import Role
from tests.support.flows import START


def test_a_sale_of_the_company_matches_by_its_own_conditions_and_tells_the_company() -> None:
    line = {"field": "event.amount", "type": "number", "op": "gt", "value": 1000}
    pattern = CompanySaleCreated(conditions=[line])
    assert pattern.roles == {Role.CRITERION}

    found = pattern.match({"event.company": "k", "event.amount": 1000.5}, START)
    assert found.holds
    assert ("event.company", "k") in [(each.field, each.value) for each in found.seen]
    assert not pattern.match({"event.company": "k", "event.amount": 1000}, START).holds


def test_it_names_what_it_needs() -> None:
    assert set(CompanySaleCreated().fields()) == {"event.company"}
