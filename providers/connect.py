"""From the kind of an account to its adapter, imported when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from providers.errors import SignInAgain
from providers.protocol import Memory, Provider, Secrets

KINDS = ("maildir", "imap")
REMOTE_KINDS = frozenset({"imap"})
"""Kinds of accounts on a server, which several threads speak to."""


def connect(kind: str, config: Mapping[str, str], memory: Memory, secrets: Secrets) -> Provider:
    """Return an account of `kind`, which connects when it is first asked for something. Raises SignInAgain."""
    if kind == "maildir":
        from providers.maildir.provider import MaildirProvider

        path = config.get("path", "")
        if not path:
            raise SignInAgain(
                "This account names no directory: add it again with dealbox account add maildir PATH."
            )
        return MaildirProvider(Path(path).expanduser(), memory)
    if kind == "imap":
        from providers.imap.provider import ImapProvider

        return ImapProvider(config, memory, secrets)
    raise SignInAgain(f"This version cannot speak to an account of kind “{kind}”.")
