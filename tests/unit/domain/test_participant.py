import json

from hypothesis import given
from hypothesis import strategies as st

from common.domain.participant import MOST_BYTES, kept_data

values = st.none() | st.booleans() | st.integers() | st.text(max_size=3000) | st.lists(st.text(max_size=200))


@given(st.dictionaries(st.text(max_size=20), values | st.dictionaries(st.text(max_size=20), values)))
def test_a_slot_keeps_no_more_of_an_action_than_there_is_room_for(data):
    kept = kept_data(data)

    assert sum(len(json.dumps({name: kept[name]}).encode()) for name in kept) <= MOST_BYTES + 100
    assert all(kept[name] == data[name] for name in kept if name != "fields")


def test_of_a_form_that_is_too_long_the_fields_that_fit_are_kept():
    fields = {"name": "Ada", "story": "x" * MOST_BYTES, "size": "L"}

    assert kept_data({"form": "rsvp", "fields": fields}) == {
        "form": "rsvp",
        "fields": {"name": "Ada", "size": "L"},
    }
