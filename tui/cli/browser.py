"""Signing in with a browser that may be on another machine: an address to open, a code to type, an address to paste."""

from __future__ import annotations

import base64
import os
import select
import shutil
import sys
from typing import Final

from tui import account_plan
from tui.account_plan import Plan
from tui.cli import ask as cli_ask
from tui.cli.main import Failed, note
from tui.sign_in_child import Event, SignInChild

_PIECE_OCTETS: Final = 65_536


def browser_token(child: SignInChild, plan: Plan, client_secret: str) -> str:
    """Return the secret a sign-in in a browser gives. Raises Failed, ChildGone."""
    event = _signed_in(child, account_plan.oauth_request(plan, client_secret, in_browser=False))
    if event["event"] == "trouble" and event.get("suggests_browser"):
        note(event["text"])
        event = _signed_in(child, account_plan.oauth_request(plan, client_secret, in_browser=True))
    if event["event"] != "signed_in":
        raise Failed(str(event["text"]))
    return str(event["secret"])


def _signed_in(child: SignInChild, request: dict[str, object]) -> Event:
    child.tell(request)
    pasted = b""
    while True:
        for event in child.ready_events(0):
            if event["event"] in ("signed_in", "trouble"):
                return event
            show(event)
        readable, _, _ = select.select([child, *([sys.stdin] if cli_ask.is_somebody_there() else [])], [], [])
        if child in readable:
            continue
        pasted += os.read(sys.stdin.fileno(), _PIECE_OCTETS)
        *lines, pasted = pasted.split(b"\n")
        for line in filter(None, map(bytes.strip, lines)):
            child.tell({"do": "paste", "text": line.decode("utf-8", "replace")})


def show(event: Event) -> None:
    """Tell the person what to do next."""
    match event["event"]:
        case "code":
            note(f"Open {event['address']} anywhere, and type the code {event['code']}")
            _offer(event["address"])
        case "open":
            note(f"Open this address in a browser:\n\n{event['address']}\n")
            _offer(event["address"])
            port = event["port"]
            note(
                f"With a browser on another machine, run this there first: ssh -L {port}:127.0.0.1:{port} HOST"
            )
            note("or paste here the address where the browser ends, although its page does not load:")
        case "paste_refused":
            note(event["text"])


def _offer(address: str) -> None:
    """Show the address as a QR code where there is room, and copy it to the clipboard of the terminal (OSC 52)."""
    if not sys.stderr.isatty():
        return
    sys.stderr.write(f"\033]52;c;{base64.b64encode(address.encode()).decode()}\a")
    code = qr(address, *shutil.get_terminal_size())
    if code:
        note(code)


def qr(address: str, columns: int, rows: int) -> str:
    """Return a QR code in half blocks, "" when it would not fit."""
    import io

    import segno

    made = segno.make(address, error="l", micro=False)
    width = made.symbol_size()[0]
    if width > columns or (width + 1) // 2 + 6 > rows:
        return ""
    drawn = io.StringIO()
    made.terminal(drawn, compact=True)
    return drawn.getvalue().rstrip("\n")
