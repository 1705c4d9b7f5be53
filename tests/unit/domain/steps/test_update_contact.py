import pytest

from common.domain.contact import Company
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def updating(**fields):
    return a_flow().update("u", **fields).wait("next", days=1).open()


def test_the_contact_is_changed_and_an_event_tells_what_changed():
    passage = Passage(updating(category="Customer", country="DE"), a_contact(category="Lead")).begin()

    assert passage.contact.category == "Customer"
    (raised,) = passage.raised
    assert (raised.type, raised.changed) == ("contact.updated", ("category",))
    assert (raised.data, raised.before) == ({"category": "Customer"}, {"category": "Lead"})


def test_the_next_step_stands_at_once():
    assert Passage(updating(category="Customer")).begin().participant.step == "next"


def test_nothing_is_raised_when_nothing_changes():
    passage = Passage(updating(country="DE")).begin()

    assert not passage.raised
    assert passage.entries[0].why == {"already": True}


def test_custom_fields_are_changed_one_by_one():
    passage = Passage(updating(custom={"tier": "gold"}), a_contact(custom={"tier": "tin", "size": 4})).begin()

    assert passage.contact.custom == {"tier": "gold", "size": 4}
    assert passage.raised[0].changed == ("custom.tier",)
    assert passage.raised[0].before == {"custom": {"tier": "tin"}}


def test_fields_of_the_company_are_changed_one_by_one():
    contact = a_contact(company=Company(id="9", name="Mill", category="A"))
    passage = Passage(updating(company={"category": "B"}), contact).begin()

    assert passage.contact.company == Company(id="9", name="Mill", category="B")
    assert passage.raised[0].changed == ("company.category",)


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("country", {"country": "DE"}, {"country": None}),
        ("first_name", {"first_name": "Ada"}, {"first_name": ""}),
        ("interests", {"interests": ["wine"]}, {"interests": []}),
        ("retired", {"no_mailing": True}, {"retired": False}),
        ("custom.tier", {"custom": {"tier": "tin"}}, {"custom": {"tier": None}}),
    ],
)
def test_fields_are_cleared(field, before, after):
    passage = Passage(updating(clear=[field]), a_contact(**before)).begin()

    assert passage.contact.model_dump(include=set(after)) == after


def test_a_field_of_the_company_is_cleared():
    contact = a_contact(company=Company(name="Mill", country="SE", custom={"size": 3}))
    passage = Passage(updating(clear=["company.country", "company.custom.size"]), contact).begin()

    assert passage.contact.company == Company(name="Mill", country=None, custom={"size": None})


def test_clearing_a_field_of_the_company_makes_none_up():
    passage = Passage(updating(clear=["company.country"], category="X"), a_contact()).begin()

    assert passage.contact.company is None
    assert passage.contact.category == "X"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["set"]),
        ({"selections": ["a"]}, ["set.selections"]),
        ({"clear": ["countri"]}, ["clear"]),
        ({"clear": ["company.id"]}, ["clear"]),
        ({"clear": ["custom.tier", "company.custom.size", "company.name", "country"]}, []),
    ],
)
def test_what_is_wrong_is_told(fields, wrong):
    (step,) = a_flow().update(**fields).build().steps

    assert [field for field, _ in step.problems()] == wrong


def test_what_was_not_given_is_not_given_after_storing_either():
    flow = a_flow().update(category="Customer", company={"category": "B"}).build()

    stored = type(flow).model_validate_json(flow.model_dump_json())

    assert stored.steps[0].set.model_fields_set == {"category", "company"}
    assert stored.steps[0].set.company.model_fields_set == {"category"}
    assert not list(stored.steps[0].problems())


def reworking(*actions, **fields):
    return a_flow().step("update_contact", "u", set=fields, actions=list(actions)).open()


def test_actions_rework_what_set_has_left_one_after_the_other():
    flow = reworking(
        {"action": "replace_text", "field": "category", "find": "lead", "by": "Customer"},
        {"action": "replace_pattern", "field": "category", "pattern": r"\bCus", "by": "cus"},
        {"action": "add", "field": "interests", "values": ["wine"]},
        {"action": "check", "field": "custom.vip"},
        {"action": "check", "field": "custom.off", "on": False},
        {"action": "replace_text", "field": "company.name", "find": "GmbH", "by": "AG"},
        category="Hot lead",
        custom={"tier": "gold"},
    )
    contact = a_contact(company=Company(id="9", name="Mill GmbH"), interests=["tea"])
    passage = Passage(flow, contact).begin()

    assert passage.contact.category == "Hot customer"
    assert passage.contact.custom == {"tier": "gold", "vip": True}
    assert passage.contact.interests == ["tea", "wine"]
    assert passage.contact.company == Company(id="9", name="Mill AG")
    (raised,) = passage.raised
    assert set(raised.changed) == {"category", "custom.tier", "custom.vip", "interests", "company.name"}


@pytest.mark.parametrize(
    "action",
    [
        {"action": "check", "field": "company.custom.key"},
        {"action": "uncheck", "field": "retired"},
        {"action": "uncheck", "field": "custom.unknown"},
        {"action": "remove", "field": "custom.unknown", "values": ["a"]},
    ],
)
def test_actions_that_change_nothing_raise_nothing(action):
    passage = Passage(reworking(action), a_contact(email="ada@example.org")).begin()

    assert not passage.raised
    assert passage.entries[0].why == {"already": True}


def test_an_action_on_a_field_of_another_type_is_told():
    (step,) = (
        a_flow().step("update_contact", actions=[{"action": "toggle", "field": "category"}]).build().steps
    )

    assert [field for field, _ in step.problems()] == ["actions[0].field"]


def test_a_value_that_can_t_be_kept_is_left_and_told():
    spoil = {"action": "replace_text", "field": "email", "find": "@", "by": " at "}
    alone = Passage(reworking(spoil), a_contact(email="ada@example.org")).begin()
    beside = Passage(reworking(spoil, category="Lead"), a_contact(email="ada@example.org")).begin()

    assert alone.contact.email == beside.contact.email == "ada@example.org"
    assert not alone.raised
    assert beside.contact.category == "Lead"
    assert alone.entries[0].why == {"left": ["email"]}
    assert beside.entries[0].why["left"] == ["email"]
