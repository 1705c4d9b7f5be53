"""Forms as pages: HTML that works without scripts, with a label for everything; each value is escaped where it is put
out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import assert_never
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from common.adapters.proofs import Proof
from common.domain.forms.answers import NOTHING, Posted
from common.domain.forms.controls import (
    Area,
    Choices,
    DropDown,
    File,
    Heading,
    Line,
    Picture,
    Prose,
    Puzzle,
    Tick,
    Unseen,
)
from common.domain.forms.element import Element
from common.domain.forms.form import Form
from common.domain.forms.reading import WHOLE
from services.trigger.form_style import STYLE
from services.trigger.form_words import Words, words

PAGE, GO, PROOF, SUM, TRAP = "_page", "_go", "_proof", "_sum", "_url"
BACK = "back"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form on its way: which page is shown, what was answered so far, and what is wrong with it."""

    form: Form
    proof: Proof
    page: int = 0
    posted: Mapping[str, Posted] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


def headers(form: Form | None = None) -> dict[str, str]:
    """A redirect after sending has to be among the targets of forms, or browsers refuse to follow it."""
    target = "'self'"
    if form is not None and form.thank_you.redirect is not None:
        parts = urlsplit(str(form.thank_you.redirect))
        target += f" {parts.scheme}://{parts.netloc}"
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; "
        f"form-action {target}; base-uri 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def whole(form: Form, title: str, body: str, status: int = 200) -> HTMLResponse:
    """A page in the language of the form."""
    html = (
        f'<!doctype html><html lang="{escape(form.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(html, status, headers=headers(form))


def message(form: Form, title: str, text: str, status: int = 200) -> HTMLResponse:
    return whole(form, title, prose(text), status)


def confirm_page(form: Form) -> HTMLResponse:
    told = words(form.language)
    button = f'<form method="post"><p class="acts"><button>{escape(told.confirm)}</button></p></form>'
    return whole(form, told.please_confirm, f"<p>{escape(form.title or form.name)}</p>{button}")


def form_page(filled: Filled) -> HTMLResponse:
    """422 where something has to be put right."""
    form = filled.form
    body = "".join(parts(filled))
    return whole(form, form.title or form.name, body, 422 if filled.wrong else 200)


def parts(filled: Filled) -> Iterator[str]:
    form, told = filled.form, words(filled.form.language)
    page, count = form.pages[filled.page], len(form.pages)
    if count > 1:
        yield progress(told, filled.page + 1, count)
    if page.title:
        yield f"<h2>{escape(page.title)}</h2>"
    yield from complaints(filled, told)
    files = any(each.uploads for each in page.elements)
    yield f'<form method="post"{" enctype=multipart/form-data" if files else ""} novalidate>'
    yield hidden(PAGE, str(filled.page)) + hidden(PROOF, filled.proof.token)
    yield from carried(filled)
    for element in page.elements:
        yield drawn(element, filled, told)
    yield acts(filled, told)
    yield "</form>"


def progress(told: Words, number: int, count: int) -> str:
    text = escape(told.page.format(number=number, count=count))
    return f'<p class="progress"><progress value="{number}" max="{count}" aria-hidden="true"></progress>{text}</p>'


def complaints(filled: Filled, told: Words) -> Iterator[str]:
    """All that is wrong on this page, each leading to its place."""
    if not filled.wrong:
        return
    here = {each.id: each.caption or each.id for each in filled.form.pages[filled.page].elements}
    rows = [
        f'<li><a href="#{escape(name)}">{escape(here[name])}</a>: {escape(text)}</li>'
        if name in here
        else f"<li>{escape(text)}</li>"
        for name, text in filled.wrong.items()
        if name in here or name == WHOLE
    ]
    yield f'<div class="wrong" role="alert"><p>{escape(told.look_again)}</p><ul>{"".join(rows)}</ul></div>'


def carried(filled: Filled) -> Iterator[str]:
    """Answers on other pages."""
    for number, page in enumerate(filled.form.pages):
        for element in page.elements if number != filled.page else ():
            for value in filled.posted.get(element.id, NOTHING).values:
                yield hidden(element.id, value)


def acts(filled: Filled, told: Words) -> str:
    last = filled.page == len(filled.form.pages) - 1
    forward = f"<button>{escape(filled.form.submit if last else told.next)}</button>"
    if filled.page == 0:
        return f'<p class="acts">{forward}</p>'
    back = f'<button class="second" name="{GO}" value="{BACK}" formnovalidate>{escape(told.back)}</button>'
    return f'<p class="acts">{forward}{back}</p>'  # forward first: it is what the Enter key presses


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def drawn(element: Element, filled: Filled, told: Words) -> str:
    """One element with its label, hint and complaint."""
    given = filled.posted.get(element.id, NOTHING)
    field_ = Field(element, filled.wrong.get(element.id), told)
    match element.shown:
        case Line() as line:
            return field_.around(field_.line(line, given.text))
        case Area(most):
            start = f'<textarea rows="5" maxlength="{most}" {field_.attributes()}>'
            return field_.around(f"{start}\n{escape(given.text)}</textarea>")
        case DropDown(options):
            return field_.around(field_.drop_down([(o.value, o.label) for o in options], given.text))
        case Choices() as choices:
            return field_.choices(choices, given.values)
        case Tick(text, link, link_words):
            return field_.tick(text, link, link_words, ticked=bool(given.text))
        case File(accept):
            kinds = f' accept="{escape(",".join(accept))}"' if accept else ""
            return field_.around(f'<input type="file"{kinds} {field_.attributes()}>')
        case Unseen(value):
            return hidden(element.id, given.text or value)
        case Puzzle():
            return field_.puzzle(filled.proof)
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Prose(text):
            return prose(text)
        case Picture(address, text):
            return f'<p><img src="{escape(address)}" alt="{escape(text)}"></p>'
        case other:
            assert_never(other)


@dataclass(frozen=True, slots=True)
class Field:
    """What stands around a control."""

    element: Element
    wrong: str | None
    told: Words

    @property
    def id(self) -> str:
        return escape(self.element.id)

    @property
    def hint(self) -> str:
        return str(getattr(self.element, "hint", ""))

    def described(self) -> str:
        """The ids of what explains the control to those who hear it."""
        there = [f"{self.id}-{name}" for name, text in (("hint", self.hint), ("wrong", self.wrong)) if text]
        return f' aria-describedby="{" ".join(there)}"' if there else ""

    def attributes(self, name: str | None = None) -> str:
        needed = " required" if self.element.needed else ""
        invalid = ' aria-invalid="true"' if self.wrong else ""
        return f'id="{self.id}" name="{name or self.id}"{needed}{invalid}{self.described()}'

    def mark(self) -> str:
        return f' <span class="needed">({escape(self.told.needed)})</span>' if self.element.needed else ""

    def notes(self) -> str:
        hint = f'<p class="hint" id="{self.id}-hint">{escape(self.hint)}</p>' if self.hint else ""
        wrong = f'<p class="bad" id="{self.id}-wrong">{escape(self.wrong)}</p>' if self.wrong else ""
        return hint + wrong

    def around(self, control: str) -> str:
        label = f'<label for="{self.id}">{escape(self.element.caption)}{self.mark()}</label>'
        return f'<div class="field">{label}{self.notes()}{control}</div>'

    def line(self, line: Line, value: str) -> str:
        auto = f' autocomplete="{line.autocomplete}"' if line.autocomplete else ""
        return (
            f'<input type="{line.type}" maxlength="{line.most}"{auto} value="{escape(value)}" '
            f"{self.attributes()}>"
        )

    def drop_down(self, options: Sequence[tuple[str, str]], chosen: str) -> str:
        rows = [f'<option value="">{escape(self.told.choose)}</option>']
        for value, label in options:
            selected = " selected" if value == chosen else ""
            rows.append(f'<option value="{escape(value)}"{selected}>{escape(label)}</option>')
        return f"<select {self.attributes()}>{''.join(rows)}</select>"

    def choices(self, choices: Choices, chosen: Sequence[str]) -> str:
        kind = "checkbox" if choices.many else "radio"
        rows = "".join(
            f'<label class="choice"><input type="{kind}" name="{self.id}" value="{escape(option.value)}"'
            f"{' checked' if option.value in chosen else ''}{self.described()}> {escape(option.label)}</label>"
            for option in choices.options
        )
        legend = f"<legend>{escape(self.element.caption)}{self.mark()}</legend>"
        row = ' class="row"' if choices.row else ""
        return f'<fieldset id="{self.id}">{legend}{self.notes()}<div{row}>{rows}</div></fieldset>'

    def tick(self, text: str, link: str | None, link_words: str, *, ticked: bool) -> str:
        more = (
            f'<a href="{escape(link)}" target="_blank" rel="noopener">{escape(link_words)}</a>'
            if link
            else ""
        )
        checked = " checked" if ticked else ""
        box = f'<input type="checkbox" value="on"{checked} {self.attributes()}>'
        return (
            f'<div class="field"><label class="choice">{box} <span>{escape(text)}{self.mark()}</span></label>'
            f"{more}{self.notes()}</div>"
        )

    def puzzle(self, proof: Proof) -> str:
        first, second = proof.sum
        question = escape(self.told.sum.format(first=first, second=second))
        control = (
            f'<input type="text" inputmode="numeric" autocomplete="off" maxlength="3" {self.attributes(SUM)}>'
        )
        trap = (
            f'<div class="trap" aria-hidden="true"><label>{escape(self.told.trap)} '
            f'<input type="text" name="{TRAP}" tabindex="-1" autocomplete="off"></label></div>'
        )
        return self.around(f"<p>{question}</p>{control}") + trap


def prose(text: str) -> str:
    paragraphs = text.replace("\r\n", "\n").split("\n\n")
    return "".join(f"<p>{'<br>'.join(map(escape, part.splitlines()))}</p>" for part in paragraphs)
