from hypothesis import given
from hypothesis import strategies as st

from common.domain.ids import digest, effect_id, event_id, participant_id, partition_of

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(texts), st.lists(texts))
def test_different_parts_never_share_a_digest(one, other):
    assert (digest(*one) == digest(*other)) is (one == other)


def test_ids_stay_the_same_over_releases():
    """Those that are stored are made again from the same parts, to tell repeats."""
    assert event_id("shop", "1") == "fa2c517a63e91124216f0bb439f4e060"
    assert participant_id("1", "f", "r") == "b746394356837f5674e2d5d03042abc4"
    assert effect_id("p", "s", 1) == "b946d6619d8879206de4dad26e7da508"
    assert partition_of("4711", 8) == 7


def test_kinds_of_ids_of_the_same_parts_differ():
    assert len({event_id("a", "b"), participant_id("a", "b", ""), effect_id("a", "b", 0)}) == 3


def test_each_visit_of_a_step_has_an_effect_of_its_own():
    assert effect_id("p", "mail", 1) != effect_id("p", "mail", 2) != effect_id("q", "mail", 2)


@given(texts, st.integers(1, 1024))
def test_a_contact_has_one_partition(contact, partitions):
    assert 0 <= partition_of(contact, partitions) < partitions
    assert partition_of(contact, partitions) == partition_of(contact, partitions)


def test_contacts_spread_over_all_partitions():
    counts = [0] * 8
    for number in range(8000):
        counts[partition_of(str(number), 8)] += 1
    assert min(counts) > 800
