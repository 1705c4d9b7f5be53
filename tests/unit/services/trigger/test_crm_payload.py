"""The CRM's payloads mean the same however they are spelt."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trigger.crm_payload import NoPayload, Payload, flag, identifier, moment, read_payload, snake
from tests.support.crm import SALE_CREATED, crm_event


def pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def respelt(payload: dict[str, Any], spell: Any) -> dict[str, Any]:
    return {
        spell(name): {spell(inner): kept for inner, kept in value.items()}
        if isinstance(value, dict)
        else value
        for name, value in payload.items()
    }


def test_the_sample_is_read_in_full() -> None:
    read = read_payload(SALE_CREATED)

    assert (read.event, read.entity, read.key) == ("sale.created", "sale", "527331")
    assert read.event_id == "1fc5752a-6de8-412d-847a-12d5529a0ec6"
    assert read.moment is not None
    assert read.moment.at == datetime(2018, 4, 24, 8, 13, 2, 835000, tzinfo=UTC)
    assert read.fields["person_id"] == 8 and read.fields["sale_type_id"] == 3
    assert (read.changed_by, read.webhook, read.context) == ("37201", "flows", "Default")
    assert "saledate" in read.changes


@pytest.mark.parametrize("spell", [pascal, camel, lambda name: camel(pascal(name)), snake])
def test_the_case_of_keys_makes_no_difference(spell: Any) -> None:
    assert read_payload(respelt(SALE_CREATED, spell)) == read_payload(SALE_CREATED)


@given(
    st.fixed_dictionaries({"PrimaryKey": st.integers(1, 2**40), "ChangedByAssociateId": st.integers(1, 9)})
)
def test_ids_are_the_same_as_numbers_and_as_text(ids: dict[str, int]) -> None:
    numbers = crm_event("sale.created", **ids)
    texts = crm_event("sale.created", **{name: f" {value} " for name, value in ids.items()})

    assert read_payload(numbers) == read_payload(texts)


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))


@given(
    at=MOMENTS,
    ticks=st.integers(0, 9_999_999),
    first=st.integers(-14 * 4, 14 * 4),
    second=st.integers(-14 * 4, 14 * 4),
)
def test_one_moment_in_two_zones_is_one_moment(at: datetime, ticks: int, first: int, second: int) -> None:
    def written(quarters: int) -> str:
        local = at.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=15 * quarters)))
        return f"{local:%Y-%m-%dT%H:%M:%S}.{ticks:07}{local:%z}"

    read = moment(written(first))

    assert read is not None and read == moment(written(second))
    assert read == moment(f"{at.isoformat()}.{ticks:07}Z")
    assert read.at == (at + timedelta(milliseconds=ticks // 10_000)).replace(tzinfo=UTC)


@given(at=MOMENTS, one=st.integers(0, 9_999_999), other=st.integers(0, 9_999_999))
def test_moments_a_tick_apart_are_two(at: datetime, one: int, other: int) -> None:
    first, second = (moment(f"{at.isoformat()}.{ticks:07}Z") for ticks in (one, other))

    assert first is not None and second is not None
    assert (first.ticks == second.ticks) == (one == other)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2018-04-24T08:13:02", "2018-04-24T08:13:02.0000000Z"),
        ("2018-04-24T08:13:02.5", "2018-04-24T08:13:02.5000000Z"),
        ("2018-04-24T08:13:02.123456789Z", "2018-04-24T08:13:02.1234567Z"),
        ("2018-04-24t10:13:02+0200", "2018-04-24T08:13:02Z"),
        ("2018-04-24 08:13:02z", "2018-04-24T08:13:02Z"),
    ],
)
def test_moments_in_other_spellings(text: str, same: str) -> None:
    assert moment(text) == moment(same) is not None


@pytest.mark.parametrize(
    "value", ["", "soon", "2018-04-24", "2018-13-24T08:13:02Z", "0001-01-01T00:00:00+14:00", 5, None, "١٢"]
)
def test_what_is_no_moment(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize("value", [0, "0", -1, "-1", None, "", " ", "00", False, [], 1.5])
def test_what_names_no_record(value: Any) -> None:
    assert identifier(value) is None


@pytest.mark.parametrize(
    ("value", "yes"), [(1, 1), ("1", 1), (True, 1), (0, 0), ("0", 0), (False, 0), (None, 0)]
)
def test_flags(value: Any, yes: int) -> None:
    assert flag(value) is bool(yes)


@pytest.mark.parametrize("fields", [..., None, [], "none"])
def test_field_values_may_be_missing(fields: Any) -> None:
    assert read_payload(crm_event("sale.sold", FieldValues=fields)).fields == {}


def test_a_delete_tells_the_values_that_were() -> None:
    read = read_payload(
        crm_event("sale.deleted", FieldValues={"person_id": 8, "done": 1}, Values={"person_id": 64})
    )

    assert read.fields == {"person_id": 64, "done": 1}


def test_dates_that_stand_for_none_are_none() -> None:
    read = read_payload(crm_event("person.created", FieldValues={"DeletedDate": "0001-01-01T00:00:00"}))

    assert read.fields == {"deleted_date": None}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (crm_event("sale.created", Event=...), "#/Event"),
        (crm_event("sale.created", Event="x" * 91), "#/Event"),
        (crm_event("sale.created", PrimaryKey=...), "#/PrimaryKey"),
        (crm_event("sale.created", PrimaryKey={}), "#/PrimaryKey"),
        (crm_event("sale.created", PrimaryKey="9" * 61), "#/PrimaryKey"),
        (crm_event("sale.created", Timestamp="soon"), "#/Timestamp"),
        ([], "#"),
        ("sale.created", "#"),
        (None, "#"),
    ],
)
def test_what_the_crm_never_sends_is_told_by_its_place(document: Any, pointer: str) -> None:
    with pytest.raises(NoPayload) as caught:
        read_payload(document)

    assert pointer in [complaint.pointer for complaint in caught.value.complaints]


def test_the_probe_is_about_no_record() -> None:
    assert read_payload(crm_event("test", PrimaryKey=0, Entity="test")).is_test
    assert read_payload({"event": "Test"}).is_test


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*SALE_CREATED, "Values"]), JSON))
def test_whatever_comes_is_read_or_complained_about(changes: dict[str, Any]) -> None:
    try:
        read = read_payload(crm_event("sale.created") | changes)
    except NoPayload as error:
        assert error.complaints
    else:
        assert isinstance(read, Payload)
