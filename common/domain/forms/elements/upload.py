"""A file."""

from typing import ClassVar, Literal

from pydantic import Field

from common.domain.forms.answers import Answer, BadAnswer, Posted, Wrong
from common.domain.forms.controls import Control, File
from common.domain.forms.element import Question, elements

MOST_BYTES = 2_000_000


@elements.register
class Upload(Question):
    """`most_bytes`: the largest file taken; `types`: endings such as `.pdf`, all if there are none. The answer is
    the file's name; what the file holds is never looked into."""

    kind: Literal["upload"] = "upload"
    most_bytes: int = Field(default=1_000_000, ge=1, le=MOST_BYTES)
    types: list[str] = Field(default_factory=list, max_length=20)

    uploads: ClassVar[bool] = True

    @property
    def shown(self) -> Control:
        return File(tuple(self.types))

    def parse(self, posted: Posted) -> Answer:
        file = posted.file
        if file is None:
            raise BadAnswer(Wrong.NO_FILE)
        if len(file.content) > self.most_bytes:
            raise BadAnswer(Wrong.LARGE_FILE, most=self.most_bytes)
        if self.types and not file.name.lower().endswith(tuple(each.lower() for each in self.types)):
            raise BadAnswer(Wrong.OTHER_FILE, types=", ".join(self.types))
        return file.name
