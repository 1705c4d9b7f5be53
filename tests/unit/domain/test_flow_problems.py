import pytest

from common.domain.chart import MAX_DEPTH
from common.domain.flow_problems import Known, problems
from tests.support.flows import CLICK, START, a_flow, a_path, country_is

KNOWN = Known(
    own="test",
    contents=frozenset({"thanks"}),
    flows=frozenset({"other"}),
    selections=frozenset({"staff", "lapsed"}),
    projects=frozenset({"talks"}),
)


def branch_of(project):
    return {"name": project, "project": project}


IN_TALKS = {"kind": "added_to_project", "project": "talks"}
IN_NO_PROJECT = {"kind": "added_to_project", "project": "gone"}
ON_STAFF = {"kind": "added_to_selection", "selection": "staff"}
ON_NO_LIST = {"kind": "added_to_selection", "selection": "gone"}


def told(flow):
    return [(problem.step, problem.field) for problem in problems(flow.build(), KNOWN)]


OFFICE = {"opens": "09:00", "closes": "17:00"}


@pytest.mark.parametrize(
    ("flow", "asked"),
    [
        (a_flow().mailing(window=OFFICE).mail("thanks"), True),
        (a_flow().mailing(window=OFFICE).step("send_sms", "sms", text="Hi"), True),
        (a_flow().mailing(window=OFFICE).having(timezone="Europe/Berlin").mail("thanks"), False),
        (a_flow().mailing(window=OFFICE).step("call_webhook", "call", url="https://crm.example.org"), False),
        (a_flow().mailing(window=OFFICE).wait(days=1), False),
        (a_flow().mailing().mail("thanks"), False),
    ],
)  # fmt: skip
def test_who_writes_in_a_window_has_to_say_in_which_timezone(flow, asked):
    assert [problem for problem in told(flow) if problem[1] == "timezone"] == asked * [(None, "timezone")]


def test_without_a_timezone_days_are_those_of_utc():
    assert a_flow().wait(days=1).build().zone == "UTC"


def test_a_complete_flow_has_no_problems():
    flow = (
        a_flow()
        .excluding("staff")
        .going_on_to(on_success="other", otherwise="test")
        .wait(days=1)
        .mail("thanks")
        .wait_for(CLICK, on_timeout="exit", exit={"suggest_for": "other", "add_to_selection": "lapsed"})
        .split({"German": (country_is("DE"), a_path("de-").add_to("lapsed"))})
    )

    assert problems(flow.build(), KNOWN) == []


@pytest.mark.parametrize(
    ("flow", "problem"),
    [
        (a_flow().triggered_by().wait(days=1), (None, "triggers")),
        (a_flow(), (None, "steps")),
        (a_flow().excluding("staff", "nobody").wait(days=1), (None, "exclusion_lists[1]")),
        (a_flow().going_on_to(on_success="gone").wait(days=1), (None, "finish.on_success")),
        (a_flow().going_on_to(otherwise="gone").wait(days=1), (None, "finish.otherwise")),
        (a_flow().going_on_to(otherwise="test").mail("thanks"), (None, "finish.otherwise")),
        (a_flow().triggered_by(ON_STAFF, ON_NO_LIST).wait(days=1), (None, "triggers[1].selection")),
        (a_flow().triggered_by(IN_TALKS, IN_NO_PROJECT).wait(days=1), (None, "triggers[1].project")),
        (
            a_flow().succeeding_by(ON_STAFF, ON_NO_LIST).wait(days=1),
            (None, "success.criteria[1].selection"),
        ),
        (
            a_flow().succeeding_by(IN_TALKS, IN_NO_PROJECT).wait(days=1),
            (None, "success.criteria[1].project"),
        ),
        (a_flow().wait("w"), ("w", "days")),
        (a_flow().mail("gone"), ("gone", "content")),
        (a_flow().having(email=None).mail("thanks"), ("thanks", "content")),
        (a_flow().mailing(from_address="").mail("thanks"), (None, "email.from_address")),
        (a_flow().add_to("gone", step_id="a"), ("a", "selection")),
        (a_flow().step("add_to_project", "p", project="gone"), ("p", "project")),
        (a_flow().step("remove_from_project", "p", project="gone"), ("p", "project")),
        (
            a_flow().step("split_by_project", "p", branches=[branch_of("talks"), branch_of("gone")]),
            ("p", "project"),
        ),
        (a_flow().exit("x", suggest_for="gone"), ("x", "exit.suggest_for")),
        (a_flow().exit("x", add_to_selection="gone"), ("x", "exit.add_to_selection")),
        (a_flow().wait("start", days=1), ("start", "id")),
        (a_flow().wait("finish", days=1), ("finish", "id")),
    ],
)
def test_each_problem_is_told_with_its_step(flow, problem):
    assert told(flow) == [problem]


def test_a_flow_that_mails_nothing_has_a_sending_window_without_an_address():
    window = {"opens": "09:00", "closes": "17:00"}
    flow = (
        a_flow()
        .having(timezone="UTC", email={"window": window, "subscription_type": "news"})
        .step("send_sms", "x", text="Hi")
    )

    assert problems(flow.build(), KNOWN) == []


def test_every_problem_is_told_at_once():
    flow = a_flow().triggered_by().wait("w").mail("gone").add_to("", step_id="a")

    assert told(flow) == [(None, "triggers"), ("w", "days"), ("gone", "content"), ("a", "selection")]


def test_two_steps_with_one_id_are_told_both_with_their_places():
    flow = a_flow().wait("w", days=1).split({"German": (country_is("DE"), a_path().wait("w", days=1))})
    found = problems(flow.build(), KNOWN)

    assert [problem.place for problem in found] == ["step 1", "step 2 › German › step 1"]
    assert {problem.field for problem in found} == {"id"}


def test_splits_may_be_nested_only_so_deep():
    path = a_path("inmost-").wait(days=1)
    for level in range(MAX_DEPTH):
        path = a_path(f"l{level}-").split({"German": (country_is("DE"), path)})
    fits = a_flow()
    fits.steps = path.steps
    assert told(fits) == []
    assert told(a_flow().split({"German": (country_is("DE"), path)}))[0][1] == ""


def test_all_steps_together_may_be_only_so_many():
    branch = a_path("in-")
    flow = a_flow().split({"German": (country_is("DE"), branch)})
    for number in range(600):
        branch.wait(days=1)
        flow.wait(f"out-{number}", days=1)

    assert told(flow) == [(None, "steps")]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"removes_from": ["own"]}, "removes_from[0]"),
        ({"removes_from": ["nowhere"]}, "removes_from[0]"),
        ({"starts_at": START, "enrols_until": START}, "enrols_until"),
        ({"email": {"from_address": "a@example.org", "window": {"weekdays": []}}}, "email.window.weekdays"),
        ({"removes_from": ["other"], "enrols_until": START}, None),
    ],
)
def test_settings_that_can_not_be_are_told(fields, wrong):
    flow = a_flow().having(**fields).wait(days=1).build()
    found = problems(flow, Known(own="own", flows=frozenset({"other"})))

    assert [problem.field for problem in found] == ([wrong] if wrong else [])
