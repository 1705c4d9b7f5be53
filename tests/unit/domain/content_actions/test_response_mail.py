"""Answer by mail."""

import pytest
from pydantic import ValidationError

from common.domain.content_action import Respond
from common.domain.content_actions.response_mail import ResponseMail


def test_it_responds_with_what_its_author_wrote():
    assert ResponseMail(subject="Hi", text="Thanks").does() == (Respond("Hi", "Thanks"),)


def test_a_subject_is_one_line():
    with pytest.raises(ValidationError):
        ResponseMail(subject="Hi\nBcc: all@example.org", text="Thanks")
