"""A message in the user's own editor, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App, SuspendNotSupported
from textual.content import Content

from mail.text import typed
from tui.screens.confirm import Confirm
from tui.writing import editor

if TYPE_CHECKING:
    from tui.screens.compose import ComposeScreen


async def edit(screen: ComposeScreen, setting: str) -> None:
    """Let the user's editor have the text; the screen stands still meanwhile, and mail goes on coming."""
    if not await screen.journal.keep():
        return
    file = editor.file_of(screen.writing.db.directory, screen.row.uuid)
    try:
        argv = editor.command(setting, os.environ)
        written = edited(screen.app, argv, file, await _text(screen, editor.left_over(file)))
    except (editor.EditorFailed, OSError) as error:
        screen.warn(str(error))
        return
    if written != screen.body.text:
        screen.body.take(written)
        screen.changed()
    screen.body.focus()
    await screen.journal.keep()


def edited(app: App[int], argv: list[str], file: Path, text: str) -> str:
    """Let the user's editor have a text, and return what it wrote; the screen stands still meanwhile.

    Raises EditorFailed and OSError.
    """
    environment = dict(os.environ)
    editor.put(file, text)
    try:
        with app.suspend():
            written = _run(argv, file, environment)
    except SuspendNotSupported as error:
        raise editor.EditorFailed(str(error)) from error
    if isinstance(written, editor.EditorFailed):
        raise written
    return typed(written)


def _run(argv: list[str], file: Path, environment: Mapping[str, str]) -> str | editor.EditorFailed:
    # What is raised while the framework is suspended leaves it suspended.
    try:
        return editor.run(argv, file, environment)
    except editor.EditorFailed as error:
        return error


async def _text(screen: ComposeScreen, left: str | None) -> str:
    """Return what to begin with: what is on the screen, or what an editor left that did not end well."""
    text = screen.body.text
    if left is None or left == text:
        return text
    question = Content("An editor left a text of this message that was not taken over. Go on with that one?")
    return left if await screen.app.push_screen_wait(Confirm(question)) else text
