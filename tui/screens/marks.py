"""Pick a label to put on something or take off it; a name that is none of them makes a new one."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.content import Content
from textual.widgets import Input

from mail.folding import fold
from mail.text import safe_line
from tui.content import line
from tui.screens.pick import Choice, Picker


class LabelPicker(Picker[str]):
    """Answers with the name of a label. Those that are on come first, with a mark."""

    def __init__(self, title: str, names: Sequence[str], marked: Sequence[str]) -> None:
        self._names = {fold(name): name for name in names}
        ordered = [*marked, *(name for name in names if name not in marked)]
        super().__init__(title, [_choice(name, is_marked=name in marked) for name in ordered])

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Input).placeholder = "a label: Enter puts it on, or takes it off; a new name makes one"

    def fitting(self, typed: str) -> list[tuple[int, Choice[str]]]:
        """Return the labels that fit, and last the new one that the words would make."""
        found = super().fitting(typed)
        name = safe_line(typed).strip()
        if not name or fold(name) in self._names:
            return found
        label = Content.assemble(("new label ", "dim"), (line(name), "bold"))
        return [*found, (0, Choice(name, label, name))]

    @on(Input.Submitted)
    def _on_label(self, event: Input.Submitted) -> None:
        name = self._names.get(fold(safe_line(event.value).strip()))
        if name is not None and name != self.highlighted:
            event.prevent_default()  # what was typed in full goes before what only begins so
            self.dismiss(name)


def _choice(name: str, *, is_marked: bool) -> Choice[str]:
    mark = "[x] " if is_marked else "[ ] "
    return Choice(name, Content.assemble(mark, (line(name), "bold" if is_marked else "")), name)
