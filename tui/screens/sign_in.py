"""The questions of setting up an account: a line, a choice by key, and a wait for the child that speaks to servers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.widgets import Input, Static

from tui.content import line
from tui.screens.dialog import Dialog
from tui.sign_in_child import LAST, ChildGone, Event, SignInChild


class AskLine(Dialog[str]):
    """Ask for a line of text. Enter gives it, Esc gives nothing. What is `secret` shows as dots."""

    def __init__(
        self,
        lines: Sequence[str],
        *,
        text: str = "",
        secret: bool = False,
        placeholder: str = "",
        may_be_empty: bool = False,
    ) -> None:
        super().__init__()
        self._lines = tuple(lines)
        self._text = text
        self._secret = secret
        self._placeholder = placeholder
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        with Vertical():
            yield from statics(self._lines)
            typed = Input(
                self._text, password=self._secret, placeholder=self._placeholder, select_on_focus=False
            )
            typed.cursor_blink = False
            yield typed
            yield Static(Content.styled("Enter go on   Esc leave", "dim"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() or self._may_be_empty:
            self.dismiss(event.value if self._secret else event.value.strip())


class Choose(Dialog[str]):
    """Show something and take one of some keys, which is the answer. Esc gives nothing."""

    def __init__(self, lines: Sequence[str], keys: Mapping[str, str]) -> None:
        """`keys` says what each key does; "enter" may be one."""
        super().__init__()
        self._lines = tuple(lines)
        self._keys = dict(keys)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield from statics(self._lines)
            hints = "   ".join(
                f"{'Enter' if key == 'enter' else key} {words}" for key, words in self._keys.items()
            )
            yield Static(Content.styled(f"{hints}   Esc leave", "dim"))

    def on_key(self, event: Key) -> None:
        key = event.key if event.key == "enter" else (event.character or "")
        if key in self._keys:
            event.stop()
            self.dismiss(key)


class Waiting(Dialog[Event]):
    """Send a request to the child and wait for the event that ends it. Esc gives nothing."""

    def __init__(self, child: SignInChild, request: Mapping[str, Any], text: str) -> None:
        super().__init__()
        self._child = child
        self._request = request
        self._text = text
        self._descriptor: int | None = None

    def compose(self) -> ComposeResult:
        with Vertical():
            yield from statics([self._text])
            yield Static(Content.styled("Esc leave", "dim"))

    def on_mount(self) -> None:
        self._descriptor = self._child.fileno()
        asyncio.get_running_loop().add_reader(self._descriptor, self._look)
        try:
            self._child.tell(self._request)
        except ChildGone as error:
            self._end({"event": "trouble", "kind": "gone", "text": str(error)})

    def on_unmount(self) -> None:
        self._stop()

    def action_cancel(self) -> None:
        self._stop()  # before the child's pipe is closed, and its number means another file
        self.dismiss(None)

    def _stop(self) -> None:
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._descriptor = None

    def _look(self) -> None:
        try:
            events = self._child.ready_events(0)
        except ChildGone as error:
            events = [{"event": "trouble", "kind": "gone", "text": str(error)}]
        for event in events:
            if event["event"] in LAST:
                self._end(event)
            else:
                self.happened(event)

    def _end(self, event: Event) -> None:
        if self._descriptor is not None:
            self._stop()
            self.call_later(self._answer, event)

    def _answer(self, event: Event) -> None:
        self.dismiss(event)  # what dismiss returns must not be awaited in the screen's own handler

    def happened(self, event: Event) -> None:
        """Take note of an event that does not end the request."""


class Browser(Waiting):
    """Sign in with a browser anywhere: open an address, type a code, or paste where the browser ends."""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._text), id="sign-in-text")
            pasted = Input(placeholder="paste the last address here", select_on_focus=False)
            pasted.cursor_blink = False
            pasted.display = False
            yield pasted
            yield Static(Content.styled("", "dim"), id="sign-in-hint")
            yield Static(Content.styled("Esc leave", "dim"))

    def happened(self, event: Event) -> None:
        text, hint = self.query_one("#sign-in-text", Static), self.query_one("#sign-in-hint", Static)
        match event["event"]:
            case "code":
                text.update(
                    Content.assemble(
                        "Open ",
                        (line(event["address"]), "bold"),
                        "\nand type ",
                        (line(event["code"]), "bold"),
                    )
                )
                self._offer(event["address"])
            case "open":
                port = int(event["port"])
                text.update(
                    Content(f"Open in a browser (it is in your clipboard):\n\n{line(event['address'])}")
                )
                hint.update(
                    f"On another machine: ssh -L {port}:127.0.0.1:{port} HOST first, or paste where the browser ends."
                )
                field = self.query_one(Input)
                field.display = True
                field.focus()
                self._offer(event["address"])
            case "paste_refused":
                hint.update(Content.styled(line(event["text"]), "bold"))

    def _offer(self, address: str) -> None:
        from tui.cli.browser import qr

        self.app.copy_to_clipboard(address)
        code = qr(address, self.row_cells, self.app.size.height - 8)
        if code:
            self.query_one(Vertical).mount(Static(Content(code)), before="#sign-in-hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._child.tell({"do": "paste", "text": event.value})
        event.input.clear()


def statics(lines: Sequence[str]) -> list[Static]:
    """Return lines of text, the first of them in bold."""
    first, *rest = lines
    shown = [Static(Content.styled(line(first), "bold"))]
    return shown + [Static(Content(line(each) or " ")) for each in rest]
