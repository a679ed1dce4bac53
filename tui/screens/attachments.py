"""The attachments of a message: save one, all, or the message itself, in a directory the user names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mail.types import Attachment
from tui.content import line
from tui.format import plural, size
from tui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class SaveWish:
    """What to save where. `is_message`: the message as it came, rather than parts of it."""

    attachments: tuple[Attachment, ...]
    is_message: bool
    directory: Path


@dataclass(frozen=True, slots=True)
class _Entry:
    label: Content
    attachments: tuple[Attachment, ...]
    is_message: bool = False


class Attachments(Dialog[SaveWish]):
    """A list of what can be saved, then the directory it is saved in."""

    BINDINGS = [
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("q", "cancel", show=False),
    ]

    def __init__(self, attachments: Sequence[Attachment], size_octets: int, directory: str) -> None:
        """`size_octets` is the message's, `directory` the one offered."""
        super().__init__()
        self._entries = _entries(tuple(attachments), size_octets)
        self._directory = directory

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled("Save", "bold"))
            yield OptionList(*(Option(entry.label) for entry in self._entries), markup=False)
            yield Static(Content.styled("in the directory", "bold"))
            directory = Input(self._directory, select_on_focus=False)
            directory.cursor_blink = False
            yield directory
            yield Static(Content.styled("Enter chooses, then saves   Esc back", "dim"))

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    def on_option_list_option_selected(self) -> None:
        directory = self.query_one(Input)
        directory.focus()
        directory.cursor_position = len(directory.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None and event.value.strip():
            entry = self._entries[index]
            directory = Path(event.value.strip()).expanduser()
            self.dismiss(SaveWish(entry.attachments, entry.is_message, directory))

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._entries) - 1))


def _entries(attachments: tuple[Attachment, ...], size_octets: int) -> tuple[_Entry, ...]:
    every = _Entry(Content(f"all {plural(len(attachments), 'attachment')}"), attachments)
    each = (_Entry(_label(one), (one,)) for one in attachments)
    message = _Entry(Content(f"the message as it came  {size(size_octets)}"), (), is_message=True)
    return (*((every,) if len(attachments) > 1 else ()), *each, message)


def _label(attachment: Attachment) -> Content:
    details = f"  {line(attachment.media_type)}  {size(attachment.size_octets)}"
    return Content.assemble(line(attachment.name) or "(no name)", (details, "dim"))
