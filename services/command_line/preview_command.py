"""`headrace preview`: a content as somebody would get it, from files or from an installation; nothing is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from common.adapters.flow_files import Bundle
from common.domain.content import EmailContent
from common.domain.flow import Flow
from common.domain.mail_steps import Mailed, NotMailed, mailed
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.preview_data import PreviewData, flow_mailing, read_data, read_files
from services.command_line.terminal import AsJson, Key, Url, connect, console, errors, say, write_json


def preview(
    content: Annotated[str, typer.Argument(metavar="CONTENT", help="The content's id.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", show_default=False,
                                          help="YAML or JSON; without them what the installation has.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="ID", show_default=False, help="As a contact of the installation gets it.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--with", dir_okay=False, show_default=False,
                                  help="Test data, YAML or JSON: contact, owner, service_contact, event, fields.")
    ] = None,
    flow: Annotated[
        str | None, typer.Option(show_default=False, help="Whose mail it is; in files the one that mails it.")
    ] = None,
    step: Annotated[
        str | None, typer.Option(show_default=False, help="Of the flow, where several mail it differently.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, show_default=False, help="The newest unless given.")] = None,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, show_default=False, help="Write the mail's page to this file.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show a mail as somebody would get it. With files and test data no server is needed."""
    told = read_data(data) if data else PreviewData()
    sought = Sought(content, read_files(files or ()), bool(files), flow, step, version, connect(url, key))
    if contact is None:
        from services.command_line.local_preview import shown_here  # the renderer takes a while to load

        shown = shown_here(sought, told)
    else:
        shown = shown_there(sought, contact, told)
    if as_json:
        write_json(shown)
    else:
        show(shown, page=html is not None)
    if html is not None:
        write_page(html, shown["html"], quiet=as_json)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which content is to be shown, and as a mail of which flow and step."""

    content: str
    files: Bundle
    in_files: bool
    flow: str | None
    step: str | None
    version: int | None
    installation: Installation

    def body(self) -> EmailContent | None:
        """The content as files have it; `None`: the installation's is meant. Raises `CommandFailed`."""
        if not self.in_files:
            return None
        if self.version is not None:
            raise CommandFailed("a content in a file has no version; leave --version or the files out")
        if self.content not in self.files.contents:
            known = ", ".join(self.files.contents) or "none"
            raise CommandFailed(f"the files have no content {self.content!r}; they have {known}")
        return self.files.contents[self.content]

    def draft(self) -> tuple[str, Flow] | None:
        """The flow as files have it; `None`: the installation's is meant, or none."""
        name = self.flow or flow_mailing(self.files, self.content)
        return (name, self.files.flows[name]) if name in self.files.flows else None

    def mail(self, draft: Flow) -> Mailed:
        """By which step of this flow. Raises `CommandFailed`."""
        try:
            return mailed(draft, self.content, self.step)
        except NotMailed as error:
            raise CommandFailed(str(error)) from None


def shown_there(sought: Sought, contact: str, told: PreviewData) -> dict[str, Any]:
    """By the installation, as its own contact gets it. Raises `CommandFailed`."""
    if told.names_somebody:
        raise CommandFailed("with --contact the data may have event and fields alone")
    question: dict[str, Any] = {"contact": contact, "event": told.event, "fields": told.fields}
    asked: dict[str, str | None] = {"flow": sought.flow, "step": sought.step}
    body, found, mail = sought.body(), sought.draft(), Mailed()
    if body is not None:
        question["content"] = body.model_dump(mode="json")
    if sought.version is not None:
        question["version"] = sought.version
    if found is not None:
        asked, (_, draft) = {}, found
        mail = sought.mail(draft)
        question["email"] = draft.email.model_dump(mode="json") if draft.email else None
        question["subject"] = mail.subject
    path = f"/v1/contents/{sought.content}/preview"
    params = {name: value for name, value in asked.items() if value is not None}
    answer: dict[str, Any] = sought.installation.ask("POST", path, json=question, params=params).json()
    if found is None:
        return answer
    unclear = [{"field": "subject", "tag": None, "detail": mail.unclear}] if mail.unclear else []
    return answer | {"step": mail.step, "warnings": [*answer["warnings"], *unclear]}


def show(shown: Mapping[str, Any], *, page: bool) -> None:
    """The head and, unless a `page` is written, the plain text; what is missing goes to stderr."""
    version = f", version {shown['version']}" if shown["version"] else ""
    step = f", step {shown['step']}" if shown["step"] else ""
    lines = {
        "Content": f"{shown['content']}{version}{step}",
        "From": address_of(shown["sender"]),
        "To": shown["recipient"],
        "Subject": shown["subject"],
        "Preheader": shown["preheader"],
    }
    for name, value in lines.items():
        if value:
            say(f"{name + ':':<11}{value}")
    if not page:
        console.print()
        say(shown["text"])
    for warning in shown["warnings"]:
        words = f"warning: {warning['field']}: {warning['detail']}"
        errors.print(words, style="yellow", highlight=False, markup=False, soft_wrap=True)


def address_of(sender: Mapping[str, Any] | None) -> str | None:
    if sender is None:
        return None
    answers = f", answers to {sender['reply_to']}" if sender["reply_to"] else ""
    return f"{sender['name']} <{sender['address']}>{answers}"


def write_page(file: Path, page: str, *, quiet: bool) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from error
    if not quiet:
        say(f"written to {file}")
