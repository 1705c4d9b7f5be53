from hypothesis import given
from hypothesis import strategies as st

from common.domain.flow_difference import difference
from tests.support.flows import a_flow, a_path, country_is


def changes(before, after):
    found = difference(before.build(), after.build())
    return [(each.step, each.change.value, each.fields) for each in found.steps]


def test_steps_are_told_by_what_became_of_them():
    before = a_flow().wait("a", days=1).mail("hello").wait("c", days=1)
    after = a_flow().wait("new", days=1).wait("a", days=2).wait("c", days=1)

    assert changes(before, after) == [
        ("new", "added", ()),
        ("a", "changed", ("days",)),
        ("hello", "removed", ()),
    ]


def test_one_step_that_was_dragged_is_one_that_moved():
    before = a_flow().wait("a", days=1).wait("b", days=1).wait("c", days=1).wait("d", days=1)
    after = a_flow().wait("d", days=1).wait("a", days=1).wait("b", days=1).wait("c", days=1)

    assert changes(before, after) == [("d", "moved", ())]


def test_into_another_branch_is_moved_and_the_split_itself_is_unchanged():
    def flow(inside, rest):
        return a_flow().split({"A": (country_is("DE"), inside)}, rest, step_id="s")

    step = a_path().wait("w", days=1)

    assert changes(flow(step, a_path()), flow(a_path(), step)) == [("w", "moved", ())]


def test_the_flows_own_settings_are_named():
    found = difference(a_flow().build(), a_flow("Other").once_only().build())

    assert (found.settings, found.steps) == (("name", "once_only"), ())


@given(order=st.permutations("abcdef"))
def test_an_order_is_explained_by_as_few_moves_as_make_it(order):
    def flow(names):
        whole = a_flow()
        for name in names:
            whole.wait(name, days=1)
        return whole

    moved = {step for step, change, _ in changes(flow("abcdef"), flow(order)) if change == "moved"}
    kept = [name for name in order if name not in moved]

    assert kept == sorted(kept)
    assert (moved == set()) == (list(order) == sorted(order))
