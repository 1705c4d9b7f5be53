from common.adapters.colleagues import KEPT, KEPT_SECONDS, Colleagues
from common.domain.contact import Company
from tests.support.flows import a_contact
from tests.support.users import FixedUsers, a_user


class Now:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_the_people_of_a_contact_are_asked_for_once_in_a_while() -> None:
    users, now = FixedUsers([a_user("5"), a_user("7")]), Now()
    ours = Colleagues(users, now)
    contact = a_contact(owner="5", company=Company(service_contact="7"))

    for _ in range(3):
        found = await ours.of(contact)
        assert found.owner is not None and found.service_contact is not None
        assert (found.owner.id, found.service_contact.id) == ("5", "7")
    assert users.asked == 1

    users.rows["5"] = a_user("5", name="Ada")
    now.seconds = KEPT_SECONDS
    found = await ours.of(contact)
    assert found.owner is not None and found.owner.name == "Ada"


async def test_who_is_not_known_is_nobody_and_is_asked_for_once_too() -> None:
    users = FixedUsers()
    ours = Colleagues(users)

    for _ in range(2):
        assert (await ours.of(a_contact(owner="5"))).owner is None
    assert users.asked == 1
    assert (await ours.of(a_contact())).owner is None
    assert users.asked == 1


async def test_no_more_are_kept_than_fit() -> None:
    users = FixedUsers()
    ours = Colleagues(users)

    for number in range(KEPT + 50):
        await ours.many([str(number)])
    assert len(ours._kept) == KEPT
    asked = users.asked
    await ours.many(["0"])
    assert users.asked == asked + 1
