"""Fields of a message being written: lines of text, and the chooser of who writes."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from mail.types import Address
from tui.content import line


class FieldInput(Input):
    """One line of the head. Up and down go to the fields around it, Enter to the next."""

    BINDINGS = [
        Binding("down", "leave(1)", show=False),
        Binding("up", "leave(-1)", show=False),
    ]

    def __init__(self, text: str, *, id: str) -> None:
        super().__init__(text, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def leave(self, rows: int) -> None:
        """Go to the next field, or with -1 to the one before."""
        if rows > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_leave(self, rows: int) -> None:
        self.leave(rows)

    async def action_submit(self) -> None:
        self.leave(1)


class FromField(Static, can_focus=True):
    """Who writes. Left and right go through the identities, Enter lists them."""

    BINDINGS = [
        Binding("right,space", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
        Binding("enter", "list", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    class Turned(Message):
        """The user wants the identity so many further on."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    class Listed(Message):
        """The user wants to see the identities."""

    def __init__(self, sender: Address) -> None:
        super().__init__(id="from")
        self.name_sender(sender, is_only=True)

    def name_sender(self, sender: Address, *, is_only: bool) -> None:
        """Show who writes."""
        name = f"{line(sender.name)} <{line(sender.email)}>" if sender.name else line(sender.email)
        hint = "" if is_only else "   left, right: another"
        self.update(Content.assemble(name, (hint, "dim")))

    def action_turn(self, steps: int) -> None:
        self.post_message(self.Turned(steps))

    def action_list(self) -> None:
        self.post_message(self.Listed())
