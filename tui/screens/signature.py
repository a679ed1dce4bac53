"""A signature being written: a few lines of text, here or in the user's own editor."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from store.sending.identities import MOST_OF_A_SIGNATURE
from tui.screens.note import Note


class Signature(Note):
    """Answers with the text. What was changed goes with the second Esc only."""

    most: ClassVar[int] = MOST_OF_A_SIGNATURE
    may_be_empty: ClassVar[bool] = True

    def __init__(self, directory: Path, setting: str, email: str, text: str) -> None:
        """`directory` is the store's, `setting` the editor of the settings."""
        hint = "A line of -- goes above it where it ends the message."
        super().__init__(directory, setting, f"Signature of {email}", text, hint=hint)
