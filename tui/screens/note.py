"""A few lines of text being written: here, or in the user's own editor. What was changed is not lost by one key."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from mail.text import safe_block
from store.crm.unsaved_forms import Typed
from tui.content import line
from tui.format import count
from tui.screens.dialog import Dialog
from tui.screens.form_journal import FormJournal, left_unsaved
from tui.widgets.compose_body import ComposeBody
from tui.writing import editor
from tui.writing.editing import edited

MOST_OF_A_NOTE = 100_000
_TEXT: Final = "text"


class Note(Dialog[str]):
    """Answers with the text. What was changed goes with the second Esc only."""

    BINDINGS = [
        Binding("ctrl+x", "keep", show=False, priority=True),
        Binding("ctrl+o", "editor", show=False, priority=True),
        Binding("escape", "cancel", show=False, priority=True),
    ]
    most: ClassVar[int] = MOST_OF_A_NOTE
    may_be_empty: ClassVar[bool] = False

    def __init__(
        self,
        directory: Path,
        setting: str,
        title: str,
        text: str = "",
        *,
        hint: str = "",
        journal: FormJournal | None = None,
    ) -> None:
        """`directory` is the store's, `setting` the editor of the settings; `journal` keeps what is written: whoever asked
        closes it once the answer is where it belongs.
        """
        super().__init__()
        self._directory = directory
        self._setting = setting
        self._title = title
        self._text = text
        self._hint = hint
        self._journal = journal
        self._was_asked = False
        self._is_ending = False

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(line(self._title), "bold"), classes="heading")
            yield ComposeBody(safe_block(self._text))
            yield Static(id="note-told")
            yield Static(Content.styled("ctrl+x keep   ctrl+o your $EDITOR   esc leave", "dim"))

    def on_mount(self) -> None:
        self._text = self._body.text
        self._body.focus()
        found = self._journal.found if self._journal is not None else None
        if found is not None and _TEXT in found.fields:
            self._body.take(found.fields[_TEXT].text)
        self._tell(left_unsaved(found) if found is not None else self._hint)

    def _says(self) -> dict[str, Typed]:
        return {_TEXT: Typed(self._body.text)} if self._body.text != self._text else {}

    def keep_now(self) -> None:
        """Keep what is written before this returns: the program or the terminal is going."""
        if self._journal is not None:
            self._journal.keep_now(self._says)

    async def _close(self, answer: str | None) -> None:
        if self._journal is not None:
            await (self._journal.close() if answer is None else self._journal.keep(self._says))
        self.dismiss(answer)

    @property
    def _body(self) -> ComposeBody:
        return self.query_one(ComposeBody)

    def _tell(self, text: str) -> None:
        self.query_one("#note-told", Static).update(Content(line(text)))

    def action_keep(self) -> None:
        self._body.call_later(self._keep)  # after the letters typed just before, which wait for the text

    def _keep(self) -> None:
        text = self._body.text
        if len(text) > self.most:
            self._tell(f"It has {count(len(text))} characters: at most {count(self.most)} can be kept.")
        elif not text.strip() and not self.may_be_empty:
            self._tell("There is nothing to keep yet; esc leaves.")
        else:
            self._end(text)

    def action_cancel(self) -> None:
        self._body.call_later(self._leave)  # see action_keep

    def _leave(self) -> None:
        if self._body.text != self._text and not self._was_asked:
            self._was_asked = True
            self._tell("It was changed: ctrl+x keeps that, esc once more discards it.")
            return
        self._end(None)

    def _end(self, answer: str | None) -> None:
        if not self._is_ending:
            self._is_ending = True
            self.run_worker(self._close(answer), group="save")

    def on_text_area_changed(self) -> None:
        self._was_asked = False
        if self._journal is not None:
            self._journal.changed(self, self._says)

    def action_editor(self) -> None:
        self._body.call_later(self._edit)  # see action_keep

    def _edit(self) -> None:
        file = editor.file_of(self._directory, f"note-{uuid.uuid4()}")
        try:
            argv = editor.command(self._setting, os.environ)
            text = edited(self.app, argv, file, self._body.text)
        except (editor.EditorFailed, OSError) as error:
            self._tell(str(error))
            return
        self._body.take(text.rstrip("\n"))


class Lines(Note):
    """A text that may as well say nothing."""

    may_be_empty: ClassVar[bool] = True
