import pytest

from common.domain.chart import Chart, layout, named_contents, used_contents
from common.domain.participant import FINISH, QUEUE
from tests.support.flows import CONTENT_VERSION, a_flow, a_path, an_open_flow, country_is

NESTED = (
    a_flow()
    .wait("w", days=1)
    .split(
        {
            "German": (country_is("DE"), a_path("de-").mail("hallo").mail("tipp")),
            "Nordic": (country_is("SE"), a_path()),
        },
        otherwise=a_path("x-").wait("xw", hours=1),
        step_id="s",
    )
    .mail("bye")
    .build()
)


@pytest.fixture
def chart() -> Chart:
    return an_open_flow(NESTED).chart


@pytest.mark.parametrize(
    ("step", "after"),
    [("w", "s"), ("s", "bye"), ("de-hallo", "de-tipp"), ("de-tipp", "bye"), ("xw", "bye"), ("bye", FINISH)],
)
def test_each_step_knows_what_comes_behind_it(chart, step, after):
    assert chart.after(step) == after


def test_newcomers_enter_the_first_step(chart):
    assert chart.first == "w"
    assert an_open_flow(a_flow().build()).chart.first == FINISH


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ("bye", "step 3"),
        ("de-tipp", "step 2 › German › step 2"),
        ("xw", "step 2 › Everyone else › step 1"),
        (QUEUE, QUEUE),
        (FINISH, FINISH),
    ],
)
def test_each_step_has_a_place_in_words(chart, step, path):
    assert chart.path(step) == path


def test_a_step_that_is_not_there_is_an_error(chart):
    with pytest.raises(KeyError):
        chart.step("gone")


def test_contents_come_in_their_frozen_version(chart):
    assert chart.content_version("hallo") == CONTENT_VERSION
    with pytest.raises(KeyError):
        chart.content_version("unknown")


def test_the_contents_that_a_flow_uses_are_found_in_every_branch():
    assert used_contents(NESTED) == {"hallo", "tipp", "bye"}


def test_the_layout_tells_depth_and_branch():
    places = {place.step.id: place for place in layout(NESTED.steps)}

    assert list(places) == ["w", "s", "de-hallo", "de-tipp", "xw", "bye"]
    assert places["de-hallo"].depth == 1
    assert places["xw"].way == (("s", "Everyone else"),)


def test_a_content_is_named_by_steps_and_by_what_is_listened_for() -> None:
    clicked = {"kind": "link_clicked", "link": "offer", "content": "tipp"}
    flow = a_flow().triggered_by(clicked).mail("hallo").build()
    assert named_contents(flow) == {"hallo", "tipp"}
