"""A signature being written: a few lines of text, here or in the user's own editor."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from store.identities import MOST_OF_A_SIGNATURE
from tui import editor
from tui.content import line
from tui.format import count
from tui.screens.dialog import Dialog
from tui.widgets.compose_body import ComposeBody
from tui.writing_editor import edited


class Signature(Dialog[str]):
    """Answers with the text. What was changed goes with the second Esc only."""

    BINDINGS = [
        Binding("ctrl+x", "keep", show=False, priority=True),
        Binding("ctrl+o", "editor", show=False, priority=True),
        Binding("escape", "cancel", show=False, priority=True),
    ]

    def __init__(self, directory: Path, setting: str, email: str, text: str) -> None:
        """`directory` is the store's, `setting` the editor of the settings."""
        super().__init__()
        self._directory = directory
        self._setting = setting
        self._email = email
        self._text = text
        self._was_asked = False

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(f"Signature of {line(self._email)}", "bold"))
            yield ComposeBody(self._text)
            yield Static(id="signature-told")
            yield Static(Content.styled("ctrl+x keep   ctrl+o your $EDITOR   esc leave", "dim"))

    def on_mount(self) -> None:
        self._body.focus()
        self._tell("A line of -- goes above it where it ends the message.")

    @property
    def _body(self) -> ComposeBody:
        return self.query_one(ComposeBody)

    def _tell(self, text: str) -> None:
        self.query_one("#signature-told", Static).update(Content(line(text)))

    def action_keep(self) -> None:
        self._body.call_later(self._keep)  # after the letters typed just before, which wait for the text

    def _keep(self) -> None:
        length = len(self._body.text)
        if length > MOST_OF_A_SIGNATURE:
            self._tell(
                f"It has {count(length)} characters: at most {count(MOST_OF_A_SIGNATURE)} can be kept."
            )
            return
        self.dismiss(self._body.text)

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
        file = editor.file_of(self._directory, f"signature-{uuid.uuid4()}")
        try:
            argv = editor.command(self._setting, os.environ)
            text = edited(self.app, argv, file, self._body.text)
        except (editor.EditorFailed, OSError) as error:
            self._tell(str(error))
            return
        self._body.take(text.rstrip("\n"))
