"""A few lines of text being written: here, or in the user's own editor. What was changed is not lost by one key."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from mail.text import safe_block
from tui.content import line
from tui.format import count
from tui.screens.dialog import Dialog
from tui.widgets.compose_body import ComposeBody
from tui.writing import editor
from tui.writing.editing import edited

MOST_OF_A_NOTE = 100_000


class Note(Dialog[str]):
    """Answers with the text. What was changed goes with the second Esc only."""

    BINDINGS = [
        Binding("ctrl+x", "keep", show=False, priority=True),
        Binding("ctrl+o", "editor", show=False, priority=True),
        Binding("escape", "cancel", show=False, priority=True),
    ]
    most: ClassVar[int] = MOST_OF_A_NOTE
    may_be_empty: ClassVar[bool] = False

    def __init__(self, directory: Path, setting: str, title: str, text: str = "", *, hint: str = "") -> None:
        """`directory` is the store's, `setting` the editor of the settings."""
        super().__init__()
        self._directory = directory
        self._setting = setting
        self._title = title
        self._text = text
        self._hint = hint
        self._was_asked = False

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(line(self._title), "bold"), classes="heading")
            yield ComposeBody(safe_block(self._text))
            yield Static(id="note-told")
            yield Static(Content.styled("ctrl+x keep   ctrl+o your $EDITOR   esc leave", "dim"))

    def on_mount(self) -> None:
        self._text = self._body.text
        self._body.focus()
        self._tell(self._hint)

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
            self.dismiss(text)

    def action_cancel(self) -> None:
        self._body.call_later(self._leave)  # see action_keep

    def _leave(self) -> None:
        if self._body.text != self._text and not self._was_asked:
            self._was_asked = True
            self._tell("It was changed: ctrl+x keeps that, esc once more leaves it.")
            return
        self.dismiss(None)

    def on_text_area_changed(self) -> None:
        self._was_asked = False

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
