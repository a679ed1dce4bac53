"""dealbox account: add, list, remove. What asks for passwords is in cli_sign_in."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from mail import addresses, headers
from store import accounts
from store.database import Database
from store.rows import AccountRow
from tui.cli import BadUse, Failed, note, say
from tui.cli_store import opened
from tui.format import plural

LOOKED_AT = 200
SENT_NAMES = ("Sent", "Sent Items", "Sent Mail", "Sent Messages", "Gesendet", "Enviados", "INBOX.Sent")
HEAD_OCTETS = 65_536


def add(options: argparse.Namespace) -> int:
    """Add a Maildir, or an account by its address."""
    if options.what != "maildir":
        if options.path is not None:
            raise BadUse("say dealbox account add ADDRESS, or dealbox account add maildir PATH")
        from tui import cli_sign_in  # it starts a child and asks

        return cli_sign_in.add(options)
    if options.path is None:
        raise BadUse("which Maildir? dealbox account add maildir PATH")
    return _add_maildir(options)


def _add_maildir(options: argparse.Namespace) -> int:
    path = Path(os.path.abspath(options.path.expanduser()))  # noqa: PTH100 - resolve() would follow a link the user chose
    folders = maildirs(path)
    address = addresses.normalise(options.address) if options.address else guessed_address(folders)
    if not address:
        why = (
            f"{options.address!r} is not an address"
            if options.address
            else "your own address does not show from the mail"
        )
        raise BadUse(f"{why}: say it with --address you@example.com")
    with opened(options) as db:
        for account in accounts.all(db):
            if account.config.get("path") == str(path):
                raise Failed(f"{path} is already the account {account.name!r}")
        aliases = tuple(filter(None, map(addresses.normalise, options.alias)))
        account_id = accounts.add(
            db, "maildir", options.name or address, address, {"path": str(path)}, aliases
        )
    count = sum(1 for _ in islice(_files(folders), 100_000))
    found = f"{plural(count, 'message')} in {plural(len(folders), 'mailbox', 'mailboxes')} of {path}"
    say(f"Added account {account_id}: {address}, {found}")
    note("Open it with: dealbox")
    return 0


def maildirs(path: Path) -> tuple[Path, ...]:
    """Return the directories at and below `path` that are Maildirs. Raises Failed when there is none."""
    if not path.exists():
        raise Failed(f"there is no directory {path}")
    if not path.is_dir():
        raise Failed(
            f"{path} is a file: give the directory that has cur and new in it; an mbox cannot be read yet"
        )
    if not os.access(path, os.R_OK | os.X_OK):
        raise Failed(f"{path} cannot be read: its owner has to allow it")
    found = []
    for folder, names, _ in os.walk(path):
        if {"cur", "new"} <= set(names):
            found.append(Path(folder))
        names[:] = [name for name in names if name not in {"cur", "new", "tmp"}]
    if not found:
        raise Failed(
            f"{path} is no Maildir: neither it nor anything below it has the directories cur and new"
        )
    return tuple(found)


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for part in ("cur", "new"):
            try:
                yield from (Path(entry) for entry in os.scandir(folder / part) if entry.is_file())
            except OSError:
                continue


def guessed_address(folders: tuple[Path, ...]) -> str:
    """Return whose Maildir this seems to be: who sends from it, else whom its mail was delivered to; "" if unclear."""
    sent = [folder for folder in folders if folder.name.lstrip(".") in SENT_NAMES]
    return _most_frequent(sent, ("from",)) or _most_frequent(folders, ("delivered-to", "x-original-to"))


def _most_frequent(folders: Iterable[Path], names: tuple[str, ...]) -> str:
    seen: Counter[str] = Counter()
    for path in islice(_files(folders), LOOKED_AT):
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_OCTETS)
        except OSError:
            continue
        for name, value in headers.fields(head):
            if name.lower() in names:
                seen.update(
                    filter(None, (addresses.normalise(each.email) for each in addresses.parse(value)))
                )
    return seen.most_common(1)[0][0] if seen else ""


def show(options: argparse.Namespace) -> int:
    """List the accounts."""
    with opened(options) as db:
        rows = accounts.all(db)
    if options.json:
        say(json.dumps([as_json(row) for row in rows], indent=2))
    for row in rows if not options.json else ():
        say(
            f"{row.id}  {row.address}  {row.kind}  {row.status}  {row.config.get('path') or row.config.get('imap_host', '')}"
        )
        if row.status_text:
            say(f"   {row.status_text}")
    if not rows:
        note(
            "There is no account yet. Add one with: dealbox account add, or dealbox account add maildir PATH"
        )
    return 0


def as_json(row: AccountRow) -> dict[str, object]:
    """Return an account for scripts. The names stay; more may come."""
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "address": row.address,
        "aliases": list(row.aliases),
        "path": row.config.get("path"),
        "imap": row.config.get("imap_host"),
        "status": row.status,
        "status_text": row.status_text,
        "synced_at": row.synced_at,
    }


def remove(options: argparse.Namespace) -> int:
    """Remove an account, after a question."""
    with opened(options) as db:
        account = one(db, options.account)
        if not options.yes and not _is_sure(account):
            raise Failed("nothing was removed")
        accounts.remove(db, account.id)
        _forget_secrets(db, account)
    place = account.config.get("path") or account.config.get("imap_host", "its place")
    say(f"Removed {account.name}. Its mail is untouched in {place}.")
    return 0


def _forget_secrets(db: Database, account: AccountRow) -> None:
    if account.kind == "maildir":
        return
    from store import secrets
    from store.secret_files import SecretsError

    try:
        secrets.AccountSecrets(secrets.open_secrets(db.directory), account).delete_all()
    except SecretsError as error:
        note(f"Its password could not be forgotten: {error}")


def one(db: Database, text: str) -> AccountRow:
    """Return the account with that number, name or address. Raises BadUse."""
    for account in accounts.all(db):
        if text in (str(account.id), account.name, account.address):
            return account
    raise BadUse(f"there is no account {text!r}; dealbox account list shows them")


def _is_sure(account: AccountRow) -> bool:
    if not sys.stdin.isatty():
        raise BadUse("removing an account needs --yes when nobody can be asked")
    note(f"Remove {account.name} and what dealbox remembers of it, links included? Its mail stays. [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
