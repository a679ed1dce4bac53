"""dealbox account: add and list. What asks for passwords is in cli_sign_in, removing in cli_removal."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from mail import addresses, headers
from store import accounts, fetching, outbox
from store.database import Database
from store.rows import AccountRow
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened
from tui.format import iso_date, plural

LOOKED_AT = 200
SENT_NAMES = ("Sent", "Sent Items", "Sent Mail", "Sent Messages", "Gesendet", "Enviados", "INBOX.Sent")
HEAD_OCTETS = 65_536


class Left(NamedTuple):
    """What an account still has to do: texts of messages to fetch, operations to carry out."""

    bodies: int
    operations: int


def add(options: argparse.Namespace) -> int:
    """Add a Maildir, or an account by its address."""
    if options.what != "maildir":
        if options.path is not None:
            raise BadUse("say dealbox account add ADDRESS, or dealbox account add maildir PATH")
        from tui.cli import sign_in as cli_sign_in

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
        rows = [(row, _left(db, row)) for row in accounts.all(db)]
    if options.json:
        say(json.dumps([as_json(row, left) for row, left in rows], indent=2))
    for row, left in rows if not options.json else ():
        place = row.config.get("path") or row.config.get("imap_host", "")
        say(f"{row.id}  {row.address}  {row.kind}  {row.status}  {place}")
        say(f"   {_standing(row, left)}")
        if row.status_text:
            say(f"   {row.status_text}")
    if not rows:
        note(
            "There is no account yet. Add one with: dealbox account add, or dealbox account add maildir PATH"
        )
    return 0


def _left(db: Database, row: AccountRow) -> Left:
    return Left(fetching.remaining(db, row.id), outbox.count_waiting(db, row.id))


def _standing(row: AccountRow, left: Left) -> str:
    words = [f"last in step {iso_date(row.synced_at, 0)}" if row.synced_at else "never in step yet"]
    if row.progress_total:
        words.append(f"{row.progress_done:,} of {row.progress_total:,} messages")
    if left.bodies:
        words.append(f"{plural(left.bodies, 'text')} still to come")
    if left.operations:
        words.append(f"{plural(left.operations, 'operation')} to carry out")
    return ", ".join(words)


def as_json(row: AccountRow, left: Left) -> dict[str, object]:
    """Return an account for scripts. The names stay; more may come."""
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "address": row.address,
        "aliases": list(row.aliases),
        "path": row.config.get("path"),
        "imap": row.config.get("imap_host"),
        "smtp": row.config.get("smtp_host"),
        "status": row.status,
        "status_text": row.status_text,
        "synced_at": row.synced_at,
        "bodies_to_fetch": left.bodies,
        "operations_waiting": left.operations,
    }


def one(db: Database, text: str) -> AccountRow:
    """Return the account with that number, name or address. Raises BadUse."""
    for account in accounts.all(db):
        if text in (str(account.id), account.name, account.address):
            return account
    raise BadUse(f"there is no account {text!r}; dealbox account list shows them")
