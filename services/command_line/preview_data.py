"""What `headrace preview` works on: contents and flows of files, and the person to whom a content is shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from common.adapters.flow_files import BadFile, Bundle, documents, load
from common.domain.complaints import complaints
from common.domain.contact import ContactData
from common.domain.mail_steps import steps_of
from common.domain.model import ContactId, Model
from common.domain.user import UserData
from services.command_line.failures import CommandFailed


class Somebody(ContactData):
    """A contact that need not be stored anywhere."""

    id: ContactId = "preview"


class PreviewData(Model):
    """Whom a content is shown to: the contact with its users; the `event` that brings it into the flow, and the
    `fields` of the form that it submitted last."""

    contact: Somebody | None = None
    owner: UserData | None = None
    service_contact: UserData | None = None
    event: dict[str, Any] = Field(default_factory=dict, max_length=200)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=200)

    @property
    def names_somebody(self) -> bool:
        return bool(self.contact or self.owner or self.service_contact)


def read_data(path: Path) -> PreviewData:
    """Raises `CommandFailed` with each mistake and its line."""
    try:
        found = documents(path)
        if len(found) != 1:
            raise CommandFailed(f"{path.name} should be one document with contact, event, fields …")
        return PreviewData.model_validate(found[0].value)
    except BadFile as error:
        raise CommandFailed("\n".join(map(str, error.mistakes))) from None
    except ValidationError as error:
        wrong = complaints(error.errors(include_url=False), found[0].value)
        raise CommandFailed("\n".join(str(found[0].mistake(each)) for each in wrong)) from None
    except OSError as error:
        raise CommandFailed(f"can't read {path}: {error.strerror}") from None


def read_files(paths: Sequence[Path]) -> Bundle:
    """All of them as one, of two of a name the last. Raises `CommandFailed`."""
    together = Bundle()
    for path in paths:
        try:
            bundle = load(path)
        except BadFile as error:
            raise CommandFailed("\n".join(map(str, error.mistakes))) from None
        except OSError as error:
            raise CommandFailed(f"can't read {path}: {error.strerror}") from None
        together.contents.update(bundle.contents)
        together.flows.update(bundle.flows)
    return together


def flow_mailing(bundle: Bundle, content: str) -> str | None:
    """The flow of the files that mails this content, if there is one alone."""
    mailing = [
        name for name, flow in bundle.flows.items() if any(each.content == content for each in steps_of(flow))
    ]
    return mailing[0] if len(mailing) == 1 else None
