from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.bots import BotSign, Limits, Visit, sign_among, sign_of
from tests.support.flows import START

LIMITS = Limits(soon=timedelta(seconds=5), together=timedelta(seconds=2))
OFF = Limits(timedelta(), timedelta())
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def visit(seconds: float = 0, link: str | None = "offer", **more: str) -> Visit:
    return Visit(link, START + timedelta(seconds=seconds), **{"user_agent": BROWSER} | more)


def test_nobody_clicks_by_head() -> None:
    assert sign_of(visit(method="HEAD"), None, OFF) is BotSign.HEAD


@pytest.mark.parametrize(
    "agent", ["Barracuda Sentinel (EE)", "curl/8.5.0", "Mozilla/5.0 (compatible; AnyBot/2.1)"]
)
def test_known_programs_are_known_whatever_their_case(agent: str) -> None:
    assert sign_of(visit(user_agent=agent), None, OFF) is BotSign.USER_AGENT


@pytest.mark.parametrize("agent", [BROWSER, "", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"])
def test_a_browser_a_silent_one_and_a_proxy_for_pictures_are_peoples(agent: str) -> None:
    assert sign_of(visit(user_agent=agent), None, LIMITS) is None


@pytest.mark.parametrize(("seconds", "sign"), [(0, BotSign.TOO_SOON), (4.9, BotSign.TOO_SOON), (5, None)])
def test_nobody_reads_within_seconds_of_delivery(seconds: float, sign: BotSign | None) -> None:
    assert sign_of(visit(seconds), START, LIMITS) is sign


def test_where_the_moment_of_delivery_is_unknown_nothing_follows_from_it() -> None:
    assert sign_of(visit(), None, LIMITS) is None


@pytest.mark.parametrize("seconds", [-1.9, 0, 1.9])
def test_several_links_within_a_moment_are_a_machines_the_first_one_too(seconds: float) -> None:
    assert sign_among(visit(), [visit(), visit(seconds, "other")], LIMITS) is BotSign.SEVERAL_LINKS


def test_a_double_click_is_a_persons() -> None:
    assert sign_among(visit(), [visit(0.2)], LIMITS) is None


def test_loading_the_pictures_just_before_a_click_is_a_persons() -> None:
    assert sign_among(visit(), [visit(-0.5, None)], LIMITS) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=8))
def test_all_visits_close_to_one_of_another_link_are_told_and_no_others(
    rows: list[tuple[str, float]],
) -> None:
    visits = [visit(at, link) for link, at in rows]
    for one in visits:
        near = any(o.link != one.link and abs(o.at - one.at) < LIMITS.together for o in visits)
        assert (sign_among(one, visits, LIMITS) is not None) == near


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=8))
def test_with_the_rules_switched_off_nothing_is_told(rows: list[tuple[str, float]]) -> None:
    visits = [visit(at, link) for link, at in rows]
    assert all(sign_among(one, visits, OFF) is None and sign_of(one, START, OFF) is None for one in visits)
