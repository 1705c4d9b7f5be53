from datetime import UTC, datetime

import pytest

from common.domain.access import ApiKey, Scope
from common.runtime.keys import KeyRing, fingerprint, make_key
from common.runtime.problems import Forbidden, TooMany, Unauthorized


class Kept:
    """Keys in memory; how often one was looked for."""

    def __init__(self, *keys: ApiKey) -> None:
        self.rows = {key.sha256: key for key in keys}
        self.asked = 0

    async def find(self, sha256: str) -> ApiKey | None:
        self.asked += 1
        return self.rows.get(sha256)


def ring(kept: Kept, **limits: int) -> KeyRing:
    return KeyRing(kept, **limits)  # type: ignore[arg-type]


async def test_a_key_may_ask_so_often_and_then_has_to_wait_while_others_go_on() -> None:
    first, second = make_key("a", {Scope.EVENTS}), make_key("b", {Scope.EVENTS})
    doors = ring(Kept(first.key, second.key), asked=3)
    for _ in range(3):
        await doors.admit(first.secret, {Scope.EVENTS})
    with pytest.raises(TooMany) as refused:
        await doors.admit(first.secret, {Scope.EVENTS})
    assert 0 < int(refused.value.headers["Retry-After"]) <= 61
    assert await doors.admit(second.secret, {Scope.EVENTS}) == second.key


async def test_who_tries_keys_out_is_told_to_wait_and_nobody_else_is() -> None:
    good = make_key("a", {Scope.EVENTS})
    doors = ring(Kept(good.key), refused=2)
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await doors.admit("hr_guessed", {Scope.EVENTS}, "192.0.2.1")
    with pytest.raises(TooMany):
        await doors.admit("hr_guessed", {Scope.EVENTS}, "192.0.2.1")
    with pytest.raises(Unauthorized):
        await doors.admit("hr_guessed", {Scope.EVENTS}, "192.0.2.2")
    assert await doors.admit(good.secret, {Scope.EVENTS}, "192.0.2.1") == good.key


async def test_a_key_opens_what_its_scopes_say_and_nothing_else() -> None:
    made = make_key("a", {Scope.REPORTS})
    doors = ring(Kept(made.key))
    for scope in Scope:
        if scope is Scope.REPORTS:
            assert await doors.admit(made.secret, {scope}) == made.key
        else:
            with pytest.raises(Forbidden):
                await doors.admit(made.secret, {scope})


def test_of_a_key_only_a_hash_is_kept() -> None:
    made = make_key("a", {Scope.REPORTS})
    assert made.key.sha256 == fingerprint(made.secret) != made.secret
    assert made.secret not in made.key.model_dump_json()
    assert made.key.created_at <= datetime.now(UTC)
    assert len({make_key("a", {Scope.REPORTS}).secret for _ in range(100)}) == 100
