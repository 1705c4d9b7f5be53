"""A copy with some fields replaced is what validation would have made of them."""

from common.domain.participant import Participant
from common.messages.record import Record
from tests.support.flows import START, a_flow, a_participant


def test_a_copy_equals_a_value_built_with_the_replaced_fields() -> None:
    given = {"id": "1", "type": "order.placed", "source": "shop", "time": START}
    copy = Record(**given).but(contact="7", depth=2)
    assert copy == Record(**given, contact="7", depth=2)
    assert copy.model_dump(exclude_unset=True) == given | {"contact": "7", "depth": 2}
    assert hash(copy.findings) == hash(Record(**given).findings)


def test_the_one_copied_stays_as_it_was() -> None:
    participant = a_participant(a_flow().open())
    moved: Participant = participant.but(step="later")
    assert (moved.step, participant.step) == ("later", a_participant(a_flow().open()).step)
    assert moved.model_copy(update={"step": participant.step}) == participant
