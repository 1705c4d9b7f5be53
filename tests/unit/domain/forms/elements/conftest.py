"""Answers as browsers post them."""

from datetime import UTC, datetime

import pytest

from common.domain.forms.answers import Posted
from common.domain.forms.element import Taken

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def taken() -> Taken:
    return Taken("contact-me", NOON)


def given(*values: str) -> Posted:
    return Posted(values=values)
