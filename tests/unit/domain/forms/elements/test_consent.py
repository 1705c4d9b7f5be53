"""Leave to use somebody's data."""

import pytest
from pydantic import ValidationError

from common.domain.contact import Consent
from common.domain.forms.answers import NOTHING, BadAnswer
from common.domain.forms.element import Taken
from common.domain.forms.elements.consent import ConsentBox
from tests.unit.domain.forms.elements.conftest import NOON, given

BOX = {"id": "a", "label": "Yes", "privacy_statement": "https://example.org/privacy"}


def test_a_ticked_box_is_consent_with_basis_source_and_date(taken: Taken):
    box = ConsentBox(**BOX, purpose="news")
    ((purpose, consent),) = box.means(box.read(given("on")), taken)["consents"].items()

    assert purpose == "news"
    kept = Consent.model_validate(consent)
    assert (kept.basis, kept.source, kept.at, kept.valid) == ("consent", "form contact-me", NOON, True)


def test_an_empty_box_takes_nothing_away(taken: Taken):
    box = ConsentBox(**BOX)
    assert box.means(box.read(NOTHING), taken) == {}


def test_where_it_is_needed_there_is_no_way_without():
    with pytest.raises(BadAnswer):
        ConsentBox(**BOX, required=True).read(NOTHING)


def test_the_privacy_statement_is_a_page():
    with pytest.raises(ValidationError):
        ConsentBox(id="a", label="Yes", privacy_statement="javascript:alert(1)")
