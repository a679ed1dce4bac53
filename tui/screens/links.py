"""The links of a message, numbered, each with the host it really leads to: to open or to copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mail.types import Link
from tui.content import line
from tui.format import shorten
from tui.screens.dialog import Dialog

_URL_SHOWN = 400


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """What to do with a link: open it, or copy its address."""

    link: Link
    is_copy: bool


class Links(Dialog[LinkChoice]):
    """A numbered list. Enter or o opens, y copies; digits go to a number."""

    BINDINGS = [
        Binding("o", "choose", show=False),
        Binding("y", "copy", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("q", "cancel", show=False),
        *(Binding(str(digit), f"digit({digit})", show=False) for digit in range(10)),
    ]

    def __init__(
        self, links: Sequence[Link], *, chosen: Link | None = None, is_copying: bool = False
    ) -> None:
        """`is_copying`: Enter copies, as the user asked for a copy."""
        super().__init__()
        self._links = links
        self._is_copying = is_copying
        self._at = links.index(chosen) if chosen in links else 0
        self._number = 0

    def compose(self) -> ComposeResult:
        with Vertical():
            title = "Copy which link?" if self._is_copying else "Where the links of this message lead"
            yield Static(Content.styled(title, "bold"))
            yield OptionList(*(Option(_label(link)) for link in self._links), markup=False)
            yield Static(
                Content.styled(
                    "Enter copies   q back" if self._is_copying else "Enter opens   y copies   q back", "dim"
                )
            )

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = self._at
        options.focus()

    def on_option_list_option_selected(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        self._dismiss_with(self._is_copying)

    def action_copy(self) -> None:
        self._dismiss_with(True)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._links) - 1))

    def action_digit(self, digit: int) -> None:
        numbers = [link.number for link in self._links]
        for number in (self._number * 10 + digit, digit):
            if number in numbers:
                self._number = number
                self.query_one(OptionList).highlighted = numbers.index(number)
                return

    def _dismiss_with(self, is_copy: bool) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.dismiss(LinkChoice(self._links[index], is_copy))


def _label(link: Link) -> Content:
    number, host = f"{link.number:>3}  ", line(link.host)
    return Content.assemble(number, (host, "bold"), "\n     ", (line(shorten(link.url, _URL_SHOWN)), "dim"))
