from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.instant import to_instant
from common.domain.participant_filter import Place


@given(st.datetimes(timezones=st.just(UTC)), st.text(min_size=1))
def test_a_place_is_read_as_it_was_written(at: datetime, name: str) -> None:
    place = Place(to_instant(at), name)
    assert Place.read(str(place)) == place


@pytest.mark.parametrize("text", ["", ".", "12", "12.", ".p", "a.p", "9" * 30 + ".p"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Place.read(text)
