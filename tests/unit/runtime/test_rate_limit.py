"""How often somebody may do something."""

from common.runtime.rate_limit import RateLimit


def test_so_many_a_minute_and_then_again():
    now = [0.0]
    limit = RateLimit(2, clock=lambda: now[0])

    assert (limit.wait("a"), limit.wait("a"), limit.wait("b")) == (0, 0, 0)
    now[0] = 20
    assert limit.wait("a") == 40
    now[0] = 60
    assert limit.wait("a") == 0


def test_memory_is_bounded_and_who_keeps_coming_is_remembered():
    limit = RateLimit(1, remembered=2, clock=lambda: 0.0)

    limit.wait("a")
    for name in ("b", "c", "d"):
        limit.wait(name)
        assert limit.wait("a") > 0 or name != "b"
    assert len(limit._windows) == 2
