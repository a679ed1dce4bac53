"""When a message goes out: words typed, the time they mean shown under them before it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui.screens.dialog import Dialog
from tui.writing import send_time


def _now() -> datetime:
    return datetime.now().astimezone()


class SendLater(Dialog[datetime]):
    """Answers with a time to come, in the machine's zone."""

    def __init__(self, typed: str = "", now: Callable[[], datetime] = _now) -> None:
        super().__init__()
        self._typed = typed
        self._now = now

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled("Send later", "bold"))
            field = Input(self._typed, placeholder=send_time.EXAMPLES, select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static(id="meant")
            yield Static(Content.styled("Enter takes this time   Esc back", "dim"))

    def on_mount(self) -> None:
        self._tell(self._typed)

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        self._tell(event.value)

    def _tell(self, typed: str) -> None:
        now = self._now()
        at = send_time.parse(typed, now)
        if at is not None:
            said = Content.styled(send_time.spelled(at, now), "bold")
        elif typed.strip():
            said = Content.styled(f"Not a time to come. Write {send_time.EXAMPLES}", "$warning")
        else:
            said = Content.styled(f"now: {now:%a %H:%M} {now.tzname()}", "dim")
        self.query_one("#meant", Static).update(said)

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        at = send_time.parse(event.value, self._now())
        if at is not None:
            self.dismiss(at)
