"""A content filled here, with test data, by what fills mails. Sender domains are an installation's and not asked."""

from datetime import UTC, datetime
from typing import Any

from common.adapters.mail.rendering import lint
from common.domain.colleague import Ours
from common.domain.contact import Contact
from common.domain.content import EmailContent
from common.domain.flow import EmailSettings, Flow
from common.domain.mail_steps import Mailed
from common.domain.sender import sender_of
from common.domain.user import User, UserData
from services.command_line.failures import CommandFailed
from services.command_line.preview_command import Sought
from services.command_line.preview_data import PreviewData, Somebody
from services.studio.previews_api import NotRendered, PreviewSender, PreviewWarning, Shown, no_sender, told


def shown_here(sought: Sought, data: PreviewData) -> dict[str, Any]:
    """What an installation would answer. Raises `CommandFailed`."""
    version, body = content_of(sought)
    if wrong := lint(body):
        raise CommandFailed("\n".join(f"content {sought.content}: {each}" for each in wrong))
    name, draft = flow_of(sought)
    ours = ours_of(data)
    contact = Contact.model_validate((data.contact or Somebody()).model_dump())
    settings = draft.email if draft else None
    sender, troubles = sender_in(name, settings, ours)
    mail = sought.mail(draft) if draft else Mailed()
    shown = Shown(sought.content, version, body, contact, ours, settings, mail, sender)
    try:
        return shown.preview(troubles).model_dump(mode="json")
    except NotRendered as error:
        raise CommandFailed(f"content {sought.content}: {error.detail}") from None


def content_of(sought: Sought) -> tuple[int | None, EmailContent]:
    body = sought.body()
    if body is not None:
        return None, body
    stored = sought.installation.read(f"/v1/contents/{sought.content}", version=sought.version)
    return stored["version"], EmailContent.model_validate(stored["body"])


def flow_of(sought: Sought) -> tuple[str | None, Flow | None]:
    found = sought.draft()
    if found is not None:
        return found
    if sought.flow is None:
        if sought.step is not None:
            raise CommandFailed("name with --flow the flow that --step belongs to")
        return None, None
    stored = sought.installation.read(f"/v1/flows/{sought.flow}")
    return sought.flow, Flow.model_validate(stored["draft"])


def ours_of(data: PreviewData) -> Ours:
    owner, service = (user_of(each) for each in (data.owner, data.service_contact))
    return Ours(owner, service, data.event, data.fields)


def user_of(given: UserData | None) -> User | None:
    now = datetime.now(UTC)
    return User(id="preview", created_at=now, updated_at=now, **given.model_dump()) if given else None


def sender_in(
    flow: str | None, settings: EmailSettings | None, ours: Ours
) -> tuple[PreviewSender | None, list[PreviewWarning]]:
    if settings is None or not settings.from_address:
        return None, [no_sender(flow)]
    return told(sender_of(settings.origin, ours)), []
