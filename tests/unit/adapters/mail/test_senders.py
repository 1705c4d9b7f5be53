import pytest

from common.adapters.mail.senders import KEPT_SECONDS, Senders
from common.domain.colleague import NOBODY, Ours
from common.domain.flow import EmailSettings
from common.domain.sender import Sender
from common.domain.sender_domains import StoredSenderDomains
from common.ports import Unsendable
from tests.support.users import a_user

SETTINGS = EmailSettings(from_name="News", from_address="news@example.org", from_whom="our_contact")
OURS = Ours(owner=a_user("5", name="Ada", email="ada@example.org"))


class Domains:
    """A list that can be changed; `asked` counts the questions."""

    def __init__(self, *domains: str) -> None:
        self.domains = list(domains)
        self.asked = 0

    async def all(self) -> StoredSenderDomains:
        self.asked += 1
        return StoredSenderDomains(domains=self.domains)

    async def replace(self, *given: object, **more: object) -> StoredSenderDomains | None:
        raise NotImplementedError


class Now:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_a_change_of_the_list_holds_after_a_moment() -> None:
    domains, now = Domains("example.org"), Now()
    senders = Senders(domains, now)
    for _ in range(3):
        assert await senders.of(SETTINGS, OURS) == Sender("Ada", "ada@example.org")
    assert domains.asked == 1

    domains.domains = ["other.example"]
    now.seconds = KEPT_SECONDS
    with pytest.raises(Unsendable, match=r"use one of other\.example"):
        await senders.of(SETTINGS, OURS)


async def test_word_to_our_own_people_comes_from_the_flow_itself() -> None:
    senders = Senders(Domains())

    assert await senders.fixed(SETTINGS.but(reply_to="desk@example.org")) == Sender(
        "News", "news@example.org"
    )
    assert await senders.of(SETTINGS, NOBODY) == Sender("News", "news@example.org")


async def test_an_address_by_itself_is_checked_too() -> None:
    senders = Senders(Domains("example.org"))

    await senders.check("forms@example.org")
    for wrong in ("forms@other.example", ""):
        with pytest.raises(Unsendable):
            await senders.check(wrong)
