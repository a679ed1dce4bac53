"""The line that is typed in: a search, a filter, a command. It lies over the status line while open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from textual.binding import Binding
from textual.widgets import Input


class Asked(StrEnum):
    """What the line is typed for."""

    SEARCH = "/"
    FILTER = "\\"
    COMMAND = ":"


_PLACEHOLDERS = {
    Asked.SEARCH: "search all mail: words, from:ana, subject:quote, has:attachment",
    Asked.FILTER: "filter this list: words of people, subject or preview",
    Asked.COMMAND: "command: a part of its name",
}


class Prompt(Input):
    """One line of text. Esc gives it up; so does Backspace in an empty one."""

    BINDINGS = [
        Binding("escape", "give_up", show=False),
        Binding("tab", "complete", show=False),
        Binding("up", "earlier(1)", show=False),
        Binding("down", "earlier(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="prompt", compact=True)
        self.cursor_blink = False
        self.display = False
        self._asked = Asked.SEARCH
        self._earlier: dict[Asked, list[str]] = {}
        self._back = 0
        self._answer: asyncio.Future[str | None] | None = None
        self._typed: Callable[[str], None] | None = None
        self._complete: Callable[[str], str] | None = None

    async def ask(
        self,
        asked: Asked,
        text: str,
        *,
        typed: Callable[[str], None] | None = None,
        complete: Callable[[str], str] | None = None,
    ) -> str | None:
        """Let the user type a line, beginning with `text`; None when it was given up.

        `typed` hears of every change; `complete` says what Tab makes of the text.
        """
        self._asked, self._typed, self._complete, self._back = asked, typed, complete, 0
        self.placeholder = _PLACEHOLDERS[asked]
        self._put(text)
        self.display = True
        self.focus()
        self._answer = asyncio.get_running_loop().create_future()
        try:
            return await self._answer
        finally:
            self._answer = None
            self.display = False

    def _put(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)

    def _finish(self, text: str | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(text)

    def action_give_up(self) -> None:
        self._finish(None)

    def action_delete_left(self) -> None:
        if self.value:
            super().action_delete_left()
        else:
            self._finish(None)

    def action_complete(self) -> None:
        if self._complete is not None:
            self._put(self._complete(self.value))

    def action_earlier(self, steps: int) -> None:
        lines = self._earlier.get(self._asked, [])
        self._back = max(0, min(self._back + steps, len(lines)))
        self._put(lines[-self._back] if self._back else "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = self.value.strip()
        lines = self._earlier.setdefault(self._asked, [])
        if text and (not lines or lines[-1] != text):
            lines.append(text)
        self._finish(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typed is not None and self._answer is not None:
            self._typed(event.value)
