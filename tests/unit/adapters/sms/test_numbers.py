import pytest

from common.adapters.sms.numbers import to_e164


@pytest.mark.parametrize(
    ("number", "regions", "expected"),
    [
        ("+49 151 1234 5678", (), "+4915112345678"),
        ("0151/12345678", ("DE",), "+4915112345678"),
        ("0151 12345678", (None, "de"), "+4915112345678"),
        ("070-123 45 67", ("SE", "DE"), "+46701234567"),
        ("0044 7911 123456", ("DE",), "+447911123456"),
        ("0151 12345678", ("Germany", "DE"), "+4915112345678"),
        ("0151 12345678", (), None),
        ("0151 12345678", ("Germany",), None),
        ("1", ("DE",), None),
        ("none yet", ("DE",), None),
        ("", ("DE",), None),
        ("+49 151 1234 5678 1234 5678", (), None),
    ],
)
def test_numbers_get_the_form_that_networks_agree_on(number, regions, expected):
    assert to_e164(number, *regions) == expected
