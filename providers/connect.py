"""From the kind of an account to its adapter, imported when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from providers.errors import SignInAgain
from providers.protocol import Memory, Provider

KINDS = ("maildir",)


def connect(kind: str, config: Mapping[str, str], memory: Memory) -> Provider:
    """Return a connection to an account of `kind`. Raises SignInAgain when the account cannot be spoken to."""
    if kind == "maildir":
        from providers.maildir.provider import MaildirProvider

        path = config.get("path", "")
        if not path:
            raise SignInAgain(
                "This account names no directory: add it again with dealbox account add maildir PATH."
            )
        return MaildirProvider(Path(path).expanduser(), memory)
    raise SignInAgain(f"This version cannot speak to an account of kind “{kind}”.")
