"""A message being written: its head, its text, and what is done with it. Put aside, it stays as it is and comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static, TextArea

from mail import drafts as drafts_of
from mail import signatures
from mail.drafts import Draft, DraftFile, DraftKind
from mail.types import Address, SafeText
from store.rows import DraftRow, IdentityRow
from store.sending import recipients
from tui.bridge import in_store
from tui.content import line
from tui.format import clock, plural, size
from tui.widgets.bar import Bar, Piece, Rule
from tui.widgets.compose_body import ComposeBody
from tui.widgets.compose_field import FieldInput, FromField
from tui.widgets.compose_suggestions import Suggestions
from tui.widgets.recipients import RecipientInput, unresolved
from tui.writing import keys as compose_keys
from tui.writing.journal import Journal

if TYPE_CHECKING:
    from tui.writing.open_drafts import Writing

MOST_OCTETS: Final = 25_000_000
"""What most servers take; more is asked about before it is sent."""
_TITLES: Final = {
    DraftKind.NEW: "New message",
    DraftKind.REPLY: "Reply",
    DraftKind.REPLY_ALL: "Reply to all",
    DraftKind.FORWARD: "Forward",
}
_PEOPLE: Final = ("to", "cc", "bcc")


class ComposeScreen(Screen[None]):
    """One draft. What it is when sent, attached to, linked is decided in tui.writing.open_drafts; here it is written."""

    CSS_PATH = "compose.tcss"
    AUTO_FOCUS = ""
    BINDINGS = [*compose_keys.bindings(compose_keys.FIELDS, are_text=True)]

    def __init__(self, writing: Writing, row: DraftRow, identities: tuple[IdentityRow, ...]) -> None:
        super().__init__(name=f"draft-{row.id}")
        self.row = row
        self.writing = writing
        self.identities = identities
        self.attachments: tuple[DraftFile, ...] = row.draft.attachments
        self.journal = Journal(self, writing.db, row)
        self._base = row.draft
        self._people: dict[str, tuple[Address, ...]] = {
            "to": row.draft.to,
            "cc": row.draft.cc,
            "bcc": row.draft.bcc,
        }
        self._about = ""
        self._top, self._status = Bar(id="compose-top"), Bar(id="compose-status")
        self._said: tuple[str, bool] = ("", False)

    # -- what it is made of

    def compose(self) -> ComposeResult:
        draft, suggestions = self._base, Suggestions()
        yield self._top
        with Vertical(id="head"):
            with Horizontal(classes="field"):
                yield Static("From", classes="caption")
                yield FromField(draft.sender)
            for name in _PEOPLE:
                with Horizontal(classes="field", id=f"{name}-line"):
                    yield Static(name.title(), classes="caption", id=f"{name}-caption")
                    yield RecipientInput(
                        self._people[name], id=name, suggestions=suggestions, complete=self._complete
                    )
            with Horizontal(classes="field"):
                yield Static("Subject", classes="caption")
                yield FieldInput(draft.subject, id="subject")
            yield Static(id="files", classes="info")
            yield Static(id="about", classes="info")
        yield Rule(self.writing.glyphs.horizontal, id="rule")
        yield ComposeBody(draft.body)
        yield Static(id="notice")
        yield self._status
        yield suggestions

    def on_mount(self) -> None:
        self.query_one("#bcc-line").display = bool(self._base.bcc)
        self.body.go_to(self._base.cursor)
        self.name_sender()
        self.show_files()
        self.show_about(self._about)
        self.update_frame()
        self.watch(self.app, "app_focus", self._on_terminal_focus, init=False)
        (self.query_one("#to") if self._begins_at_to() else self.body).focus()

    def _begins_at_to(self) -> bool:
        return not any(self._people.values())

    @property
    def body(self) -> ComposeBody:
        """The text."""
        return self.query_one(ComposeBody)

    # -- the draft as it stands

    def draft(self) -> Draft:
        """Return what is written now."""
        people = {name: self._people_of(name) for name in _PEOPLE}
        return replace(
            self._base,
            to=people["to"],
            cc=people["cc"],
            bcc=people["bcc"],
            subject=self.query_one("#subject", FieldInput).value,
            body=self.body.text,
            attachments=self.attachments,
            cursor=self.body.cursor_index,
        )

    def _people_of(self, name: str) -> tuple[Address, ...]:
        field, known = self.query_one(f"#{name}", RecipientInput), self._people[name]
        return known if field.value == drafts_of.written(known) else field.people

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was written since it was begun."""
        return replace(self.draft(), cursor=0) == replace(self.row.draft, cursor=0)

    def take(self, draft: Draft) -> None:
        """Show another draft in place of what is written."""
        self._base = draft
        self._people = {"to": draft.to, "cc": draft.cc, "bcc": draft.bcc}
        for name in _PEOPLE:
            self.query_one(f"#{name}", RecipientInput).value = drafts_of.written(self._people[name])
        self.query_one("#subject", FieldInput).value = draft.subject
        if draft.body != self.body.text:
            self.body.take(draft.body)
        self.attachments = draft.attachments
        self.name_sender()
        self.show_files()
        self.changed()

    def change(self, **fields: object) -> None:
        """Change what no field shows: markdown, the signature."""
        self._base = replace(self._base, **fields)  # type: ignore[arg-type]  # named by our own callers
        self.changed()

    def changed(self) -> None:
        """Let the journal know."""
        self.journal.changed()
        self.update_frame()

    @on(FieldInput.Changed)
    @on(TextArea.Changed)
    def _on_changed(self) -> None:
        self.journal.changed()

    @on(FieldInput.Changed, "#subject")
    def _on_subject_changed(self) -> None:
        self.update_frame()

    def on_descendant_blur(self) -> None:
        self.mark_unresolved()

    def mark_unresolved(self) -> None:
        """Say at each field of recipients whether all of them are addresses."""
        for name in _PEOPLE:
            wrong = unresolved(self.query_one(f"#{name}", RecipientInput).value)
            caption = self.query_one(f"#{name}-caption", Static)
            caption.set_class(bool(wrong), "wrong")
            caption.update(Content(f"{name.title()} ?" if wrong else name.title()))

    # -- who writes, to whom

    async def _complete(self, text: str) -> tuple[tuple[Address, str], ...]:
        found = await in_store(recipients.complete, self.writing.db, text)
        return tuple(
            (Address(SafeText(line(each.name)), SafeText(line(each.email))), each.about) for each in found
        )

    def name_sender(self) -> None:
        """Show who writes."""
        self.query_one(FromField).name_sender(self._base.sender, is_only=len(self.identities) < 2)

    def write_as(self, row: IdentityRow) -> None:
        """Let another identity write: its signature takes the place of the one before."""
        draft = signatures.with_identity(self.draft(), row.identity)
        self.row = self.row._replace(account_id=row.account_id)
        self.journal.account_id = row.account_id
        self.take(draft)

    @on(FromField.Turned)
    def _on_turned(self, event: FromField.Turned) -> None:
        emails = [each.identity.address.email for each in self.identities]
        if len(emails) < 2:
            self.say("There is one address to write from")
            return
        at = emails.index(self._base.sender.email) if self._base.sender.email in emails else 0
        self.write_as(self.identities[(at + event.steps) % len(emails)])

    @on(FromField.Listed)
    def _on_listed(self) -> None:
        self.do("from")

    # -- what the head tells

    def show_files(self) -> None:
        """Name the files attached, with their sizes, and how much they are together."""
        label = self.query_one("#files", Static)
        label.display = bool(self.attachments)
        names = ", ".join(f"{line(one.name)} {size(one.size_octets)}" for one in self.attachments)
        total = sum(one.size_octets for one in self.attachments)
        told = f"{plural(len(self.attachments), 'file')}, {size(total)} of {size(MOST_OCTETS)}"
        style = "bold $warning" if total > MOST_OCTETS else "bold"
        label.update(Content.assemble("Files    ", (told, style), f": {names}"))

    def show_about(self, text: str) -> None:
        """Say what the message is written about; nothing hides the line."""
        self._about = text
        label = self.query_one("#about", Static)
        label.display = bool(text)
        label.update(Content.assemble("Link     ", line(text)))

    def update_frame(self) -> None:
        """Draw the top line and the status line."""
        marks = "  Markdown" if self._base.is_markdown else ""
        subject = self.query_one("#subject", FieldInput).value
        title = f" {_TITLES[self._base.kind]}{': ' if subject else ''}{line(subject)}"
        kept = f" kept {clock(int(self.journal.kept_at))} " if self.journal.kept_at else " "
        self._top.show((Piece(title, "title"), Piece(marks, "dim")), (Piece(kept, "dim"),))
        text, is_warning = self._said
        notice = self.query_one("#notice", Static)
        notice.display = cell_len(text) + 2 > self.size.width
        if notice.display:
            notice.update(Content.styled(f" {text}", "bold $error" if is_warning else "bold"))
        elif text:
            self._status.show((Piece(f" {text}", "warn" if is_warning else "title"),))
            return
        hints = [Piece(" ")]
        for each in compose_keys.FIELDS:
            hints += [Piece(each.keys.replace("escape", "esc"), "key"), Piece(f" {each.hint}  ")]
        others = len(self.writing.put_aside)
        more = (Piece(f" {plural(others, 'other draft')} ", "dim"),) if others else ()
        self._status.show(hints, more)

    def say(self, text: str) -> None:
        """Say something in the status line until the next key."""
        self._said = (line(text), False)
        self.update_frame()

    def warn(self, text: str) -> None:
        """Say that something went wrong."""
        self._said = (line(text), True)
        self.update_frame()

    def quiet(self) -> None:
        """Take back what was said."""
        if self._said[0]:
            self._said = ("", False)
            self.update_frame()

    # -- keys

    def do(self, choice: str) -> None:
        """Do what a letter of the review bar means."""
        # The mail screen's worker: this screen may be gone before the choice is carried through.
        self.writing.mail.run_worker(self.writing.choose(self, choice), group="choice", exit_on_error=True)

    def action_review(self) -> None:
        self.do("review")

    def action_editor(self) -> None:
        self.do("editor")

    def action_help(self) -> None:
        self.do("help")

    def action_put_aside(self) -> None:
        field = self.focused
        if isinstance(field, RecipientInput) and field.close_suggestions():
            return
        self.do("put_aside")

    def go_to(self, name: str) -> None:
        """Send the keys to a field, showing it."""
        if name == "bcc":
            self.query_one("#bcc-line").display = True
        self.query_one(f"#{name}").focus()

    # -- kept at once

    def _on_terminal_focus(self, has_focus: bool) -> None:
        if not has_focus:
            self.journal.soon()
