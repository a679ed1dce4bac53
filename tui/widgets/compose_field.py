"""Fields of a message being written: lines of text, and the chooser of who writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from mail.types import Address
from tui.content import line

Callback = Callable[[], object]
_LEAVING: Final = frozenset({"tab", "shift+tab", "enter", "up", "down"})


class FieldInput(Input):
    """One line of the head. Up and down go to the fields around it, Enter and Tab to the next.

    What is typed before the key that leaves it is carried out goes to the field after it, however slow the machine is: the framework
    gives keys to whichever field has the focus when they come.
    """

    BINDINGS = [
        Binding("down", "leave(1)", show=False),
        Binding("up", "leave(-1)", show=False),
    ]

    def __init__(self, text: str, *, id: str) -> None:
        super().__init__(text, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._held: list[events.Event | Callback] | None = None

    def _forward_event(self, event: events.Event) -> None:
        if self._held is not None:
            self._held.append(event)
            return
        if isinstance(event, events.Key) and event.key in _LEAVING:
            self._held = []
        super()._forward_event(event)

    async def _on_key(self, event: events.Key) -> None:
        if event.key not in _LEAVING:
            return
        event.stop()
        event.prevent_default()
        await self._follow(event.key)
        held, self._held = self._held or [], None
        for each in held:
            target = self.app.focused or self.screen
            if isinstance(each, events.Event):
                target._forward_event(each)
            else:
                after_keys(target, each)

    async def _follow(self, key: str) -> None:
        bindings = self._bindings.key_to_bindings.get(key)
        if bindings:
            await self.run_action(bindings[0].action)
        else:
            self.leave(-1 if key == "shift+tab" else 1)

    def after_keys(self, callback: Callback) -> None:
        """Call something once the keys pressed so far are carried out."""
        if self._held is None:
            self.call_later(callback)
        else:
            self._held.append(callback)

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


def after_keys(target: Widget, callback: Callback) -> None:
    """Call something once the keys pressed so far are carried out; `target` has the focus."""
    if isinstance(target, FieldInput):
        target.after_keys(callback)
    else:
        target.call_later(callback)


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
