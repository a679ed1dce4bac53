"""dealbox doctor: what is wrong, and what to do about it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from mail.text import safe_line
from store import accounts
from store.database import Database, StoreTooNew, StoreUnusable
from store.health import checks
from store.health.findings import Finding, worst_first
from store.paths import Unsafe
from store.secret import secrets, vault
from store.secret.files import HeldKey, SecretsError, VaultSecrets
from tui import account_plan, examine_child
from tui.cli import ask as cli_ask
from tui.cli.main import note, say
from tui.cli.stores import opened


def doctor(options: argparse.Namespace) -> int:
    """Print every finding; the status is 1 when one of them is an error."""
    try:
        with opened(options) as db:
            findings = worst_first([*checks.check(db), *_of_servers(db, is_online=not options.offline)])
    except (StoreTooNew, StoreUnusable, Unsafe) as error:
        findings = (Finding("error", "store", str(error)),)
    if options.json:
        say(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            say(f"{finding.level}: {safe_line(finding.text)}")
        if not findings:
            say("All is well.")
    return 1 if any(finding.level == "error" for finding in findings) else 0


def _of_servers(db: Database, *, is_online: bool) -> Iterator[Finding]:
    if not any(account.kind == account_plan.KIND for account in accounts.all(db)):
        return
    key = _key(db.directory) if is_online else None
    if is_online and sys.stderr.isatty():
        note("Asking the servers; --offline leaves that out ...")
    yield from examine_child.findings(db.directory, is_online=is_online, key=key)


def _key(directory: Path) -> bytes | None:
    """Return what opens the passwords where a person has to say it; None where nobody has to, or is there, or wants to."""
    try:
        kept = secrets.open_secrets(directory, HeldKey())
        if not isinstance(kept, VaultSecrets) or not kept.is_locked or not cli_ask.is_somebody_there():
            return None
        passphrase = cli_ask.secret("Passphrase of your passwords (Enter leaves signing in out)")
        return kept.unlock(passphrase) if passphrase else None
    except vault.WrongPassphrase:
        note("That is not the passphrase: signing in is left out.")
    except SecretsError as error:
        note(str(error))
    return None
