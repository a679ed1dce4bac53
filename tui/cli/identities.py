"""dealbox account identities and identity: who one writes as, and the signature below it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import BinaryIO, Final

from mail.drafts import written
from mail.text import safe_block
from store import accounts
from store.database import Database
from store.rows import AccountRow, IdentityRow
from store.sending import identities
from store.sending.identities import BadIdentity
from tui.cli.accounts import one
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened
from tui.format import plural

_MOST_OCTETS: Final = 4 * identities.MOST_OF_A_SIGNATURE + 4  # of UTF-8, with a byte order mark
_LINES_SHOWN: Final = 8


def show(options: argparse.Namespace) -> int:
    """List who one can write as, and the signatures."""
    with opened(options) as db:
        known = (one(db, options.account),) if options.account else accounts.all(db)
        rows = [(account, row) for account in known for row in identities.of_account(db, account.id)]
    if options.json:
        say(json.dumps([as_json(row) for _, row in rows], indent=2))
        return 0
    for account, row in rows:
        _show(account, row)
    if not known:
        note("There is no account yet: dealbox account add")
    return 0


def _show(account: AccountRow, row: IdentityRow) -> None:
    say(f"{account.id}  {written((row.identity.address,))}")
    if row.identity.aliases:
        say(f"   answers mail to {', '.join(row.identity.aliases)} too")
    lines = safe_block(row.identity.signature).split("\n") if row.identity.signature else []
    for text in lines[:_LINES_SHOWN]:
        say(f"     {text}".rstrip())
    if len(lines) > _LINES_SHOWN:
        say(f"     ... {plural(len(lines) - _LINES_SHOWN, 'more line')}")


def as_json(row: IdentityRow) -> dict[str, object]:
    """Return an identity for scripts; the first of an account writes unless another is chosen. The names stay."""
    return {
        "account": row.account_id,
        "email": row.identity.address.email,
        "name": row.identity.address.name,
        "signature": row.identity.signature,
        "aliases": list(row.identity.aliases),
    }


def change(options: argparse.Namespace) -> int:
    """Add, change or remove one, and say how it is now."""
    changes = [options.name, options.signature, options.signature_file]
    is_more = any(each is not None for each in changes) or options.no_signature or options.first
    if options.remove and is_more:
        raise BadUse("--remove goes alone")
    signature = _signature(options)
    with opened(options) as db:
        account = one(db, options.account)
        try:
            if options.remove:
                identities.remove(db, account.id, options.email)
                say(f"Removed {identities.checked(options.email)}: mail to it counts as yours no longer.")
                return 0
            _set(db, account, options, signature)
        except BadIdentity as error:
            raise BadUse(str(error)) from error
    return 0


def _set(db: Database, account: AccountRow, options: argparse.Namespace, signature: str | None) -> None:
    email = identities.checked(options.email)
    before = [row.identity.address.email for row in identities.of_account(db, account.id)]
    identities.set(db, account.id, email, name=options.name, signature=signature)
    if options.first:
        identities.move(db, account.id, email, 0)
    for row in identities.of_account(db, account.id):
        if row.identity.address.email == email:
            _show(account, row)
    if email not in before:
        note(f"Mail to {email} counts as yours from now on, and is answered as it.")
        note("Your server has to let you send from it.")


def _signature(options: argparse.Namespace) -> str | None:
    """Return what the signature is to be, None when it is to stay. Raises BadUse and Failed."""
    if options.no_signature:
        return ""
    if options.signature_file is None:
        text: str | None = options.signature
        return text
    name = options.signature_file
    try:
        octets = _beginning(sys.stdin.buffer) if name == "-" else _of_file(Path(name).expanduser())
    except OSError as error:
        raise Failed(f"cannot read {name}: {error.strerror}") from error
    if len(octets) > _MOST_OCTETS:
        most = identities.MOST_OF_A_SIGNATURE
        raise BadUse(f"{name} is too long for a signature: at most {most:,} characters go below a message")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUse(f"{name} is no text in UTF-8, as a signature has to be") from error
    if "\0" in text:
        raise BadUse(f"{name} is no text, as a signature has to be")
    return text


def _of_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return _beginning(file)


def _beginning(file: BinaryIO) -> bytes:
    """Return as much of a file as shows whether it is too long: there are files without an end."""
    return file.read(_MOST_OCTETS + 1)
