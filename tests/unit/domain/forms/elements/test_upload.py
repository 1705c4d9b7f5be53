"""A file."""

import pytest

from common.domain.forms.answers import NOTHING, BadAnswer, Posted, PostedFile
from common.domain.forms.elements.upload import Upload
from tests.unit.domain.forms.elements.conftest import given

UPLOAD = Upload(id="a", label="A", most_bytes=3, types=[".pdf"])


def file(name: str, content: bytes) -> Posted:
    return Posted(file=PostedFile(name=name, content=content))


def test_a_file_that_fits_is_kept_by_its_name():
    assert UPLOAD.read(file("a.PDF", b"abc")) == "a.PDF"
    assert UPLOAD.read(NOTHING) is None


@pytest.mark.parametrize("posted", [file("a.pdf", b"abcd"), file("a.exe", b"a"), given("words")])
def test_what_does_not_fit_is_refused(posted: Posted):
    with pytest.raises(BadAnswer):
        UPLOAD.read(posted)
