"""The review bar: what is about to go out, what to think of first, and one letter for each thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from mail.presend import Question, Severity
from tui.content import line
from tui.format import fit, plural
from tui.screens.dialog import Dialog
from tui.writing.keys import REVIEW, bindings

SENDING: Final = frozenset({"send", "send_archive", "later"})
"""The choices that let the message go, and that questions stand before."""
_COLUMNS, _COLUMN = 4, 18


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the bar says of the message: captions and texts of its lines, and what is asked before it is sent."""

    lines: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]

    @property
    def is_blocked(self) -> bool:
        """Whether it cannot go out like this."""
        return any(question.severity is Severity.BLOCKS for question in self.questions)


class Review(Dialog[str]):
    """Answers with the word of a choice. What is asked is shown, and sending it anyway takes a second key."""

    CSS = """
    Review { align: center bottom; }
    Review > Vertical { width: 80; max-width: 100%; }
    """
    BINDINGS = [
        *bindings(REVIEW, are_text=False),
        Binding("ctrl+x,n", "back", show=False),
        Binding("question_mark,f1", "choose('help')", show=False),
    ]

    def __init__(self, reviewed: Reviewed) -> None:
        super().__init__()
        self._reviewed = reviewed
        self._to_confirm = ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._head(), id="review-head")
            yield Static(self._asked(), id="review-asked")
            yield Static(_keys(), id="review-keys")

    def _head(self) -> Content:
        return Content("\n").join(
            Content.assemble((f"{caption:<8}", "bold"), line(text)) for caption, text in self._reviewed.lines
        )

    def _asked(self) -> Content:
        questions = self._reviewed.questions
        if not questions:
            return Content.styled("Nothing to ask: y sends it.", "dim")
        rows = [
            Content.assemble(
                ("! " if question.severity is Severity.BLOCKS else "? ", "bold $warning"),
                line(question.sentence),
            )
            for question in questions
        ]
        if self._to_confirm:
            rows.append(
                Content.assemble(
                    ("Send it like this?  ", "bold"),
                    ("y", "bold $accent"),
                    " yes   ",
                    ("n", "bold $accent"),
                    " no",
                )
            )
        return Content("\n").join(rows)

    def action_choose(self, choice: str) -> None:
        if self._to_confirm:
            if choice == "send":
                self.dismiss(self._to_confirm)
                return
            self._confirm("")
        if choice in SENDING and self._reviewed.questions and not self._reviewed.is_blocked:
            self._confirm(choice)
            return
        self.dismiss(choice)

    def action_back(self) -> None:
        if self._to_confirm:
            self._confirm("")
        else:
            self.dismiss("edit")

    def action_cancel(self) -> None:
        self.action_back()

    def _confirm(self, choice: str) -> None:
        self._to_confirm = choice
        self.query_one("#review-asked", Static).update(self._asked())
        self.query_one("#review-keys", Static).display = not choice


def _keys() -> Content:
    cells = [(each.keys, each.hint) for each in REVIEW] + [("?", "keys")]
    pieces: list[Content | str | tuple[str, str]] = []
    for number, (key, hint) in enumerate(cells, 1):
        pieces += [(key, "bold $accent"), fit(f" {hint}", _COLUMN - len(key))]
        if number % _COLUMNS == 0 and number < len(cells):
            pieces.append("\n")
    return Content.assemble(*pieces)


def summary(people: Sequence[str], most: int = 4) -> str:
    """Return the first few recipients, and how many more there are."""
    more = len(people) - most
    return ", ".join(people[:most]) + (f" and {plural(more, 'other')}" if more > 0 else "")
