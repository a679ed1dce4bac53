"""Who the user can be when writing: the address of each account, and whatever else was set, with signatures."""

from __future__ import annotations

import json
import sqlite3
from typing import Final, NamedTuple

from mail import signatures
from mail.addresses import normalise
from mail.drafts import Identity
from mail.fields import BadAddress, deliverable
from mail.ids import AccountId
from mail.text import safe_line
from mail.types import Address
from store import accounts, events
from store.database import Database
from store.rows import IdentityRow

MOST_OF_A_NAME: Final = 200
MOST_OF_A_SIGNATURE: Final = 10_000
"""In characters: it is below every message."""


class BadIdentity(ValueError):
    """Nobody can write so. The text says why, for the user."""


class _Account(NamedTuple):
    address: str
    aliases: tuple[str, ...]


def all(db: Database) -> tuple[IdentityRow, ...]:
    """Return every identity, by account, the account's first one first.

    Aliases of an account that have no identity of their own are answered as its first.
    """
    return _all(db.read())


def _all(connection: sqlite3.Connection) -> tuple[IdentityRow, ...]:
    owners = connection.execute("SELECT id, address, aliases FROM account ORDER BY id LIMIT 1000").fetchall()
    rows = connection.execute(
        "SELECT id, account_id, name, email, signature FROM identity ORDER BY account_id, position, id LIMIT 1000"
    ).fetchall()
    found: list[IdentityRow] = []
    for account_id, address, aliases in owners:
        own = [row for row in rows if row[1] == account_id]
        if address and normalise(address) not in {normalise(row[3]) for row in own}:
            own.insert(0, (0, account_id, "", address, ""))
        taken = {normalise(row[3]) for row in own}
        others = tuple(alias for alias in json.loads(aliases) if normalise(alias) not in taken)
        for position, row in enumerate(own):
            found.append(_row(row, others if position == 0 else ()))
    return tuple(found)


def _row(row: tuple[int, int, str, str, str], aliases: tuple[str, ...]) -> IdentityRow:
    identity_id, account_id, name, email, signature = row
    address = Address(safe_line(name), safe_line(email))
    return IdentityRow(identity_id, AccountId(account_id), Identity(address, signature, aliases))


def of_account(db: Database, account_id: AccountId) -> tuple[IdentityRow, ...]:
    """Return the identities of one account, its first one first."""
    return tuple(row for row in all(db) if row.account_id == account_id)


def set(
    db: Database,
    account_id: AccountId,
    email: str,
    *,
    name: str | None = None,
    signature: str | None = None,
) -> None:
    """Let the user write as `email` from this account; a name or signature of None stays what it is.

    An address that is new becomes the account's last identity and one of its aliases: mail to it counts as the owner's from
    now on, and is answered as it. Raises BadIdentity.
    """
    key = checked(email)
    name, signature = _checked_name(name), _checked_signature(signature)
    with db.write() as connection:
        account = _account(connection, account_id)
        is_own = key == normalise(account.address)
        place = "coalesce(min(position), 0) - 1" if is_own else "coalesce(max(position), 0) + 1"
        connection.execute(
            "INSERT INTO identity (account_id, email, name, signature, position)"  # noqa: S608 - our own words
            f" SELECT ?1, ?2, coalesce(?3, ''), coalesce(?4, ''), {place} FROM identity WHERE account_id = ?1"
            " ON CONFLICT (account_id, email) DO UPDATE SET name = coalesce(?3, name),"
            " signature = coalesce(?4, signature)",
            (account_id, key, name, signature),
        )
        if not is_own:
            accounts.write_aliases(connection, account_id, (*account.aliases, key))
        events.record(connection, "account")


def checked(email: str) -> str:
    """Return an address in the form identities are kept in. Raises BadIdentity when nobody can write from it."""
    shown = safe_line(email.strip())
    try:
        return deliverable(normalise(email))
    except BadAddress as error:
        raise BadIdentity(f"“{shown[:80]}” is no address to write from: {error}") from error


def _checked_name(name: str | None) -> str | None:
    kept = None if name is None else safe_line(name).strip()
    if kept is not None and len(kept) > MOST_OF_A_NAME:
        raise BadIdentity(
            f"the name has {len(kept):,} characters: at most {MOST_OF_A_NAME} can stand in From"
        )
    return kept


def _checked_signature(signature: str | None) -> str | None:
    if signature is None:
        return None
    if len(signature) > MOST_OF_A_SIGNATURE:
        raise BadIdentity(
            f"the signature has {len(signature):,} characters: at most {MOST_OF_A_SIGNATURE:,} go below a message"
        )
    return signatures.kept(signature)


def move(db: Database, account_id: AccountId, email: str, place: int) -> None:
    """Put an identity at a place among those of its account; 0 is who writes unless another is chosen.

    Raises BadIdentity.
    """
    key = checked(email)
    with db.write() as connection:
        rows = [row for row in _all(connection) if row.account_id == account_id]
        emails = [normalise(row.identity.address.email) for row in rows]
        if key not in emails:
            raise BadIdentity(f"{key} is no identity of this account")
        emails.remove(key)
        emails.insert(max(place, 0), key)
        connection.executemany(
            "INSERT INTO identity (account_id, email, position) VALUES (?, ?, ?)"
            " ON CONFLICT (account_id, email) DO UPDATE SET position = excluded.position",
            [(account_id, each, position) for position, each in enumerate(emails)],
        )
        events.record(connection, "account")


def remove(db: Database, account_id: AccountId, email: str) -> None:
    """Forget an identity and that its address is one of the owner's. Raises BadIdentity: the account's own stays."""
    key = checked(email)
    with db.write() as connection:
        account = _account(connection, account_id)
        if key == normalise(account.address):
            raise BadIdentity(
                f"{key} is the address of the account and stays; its name and signature can be emptied"
            )
        found = connection.execute(
            "DELETE FROM identity WHERE account_id = ? AND email = ?", (account_id, key)
        ).rowcount
        others = [alias for alias in account.aliases if normalise(alias) != key]
        if not found and len(others) == len(account.aliases):
            raise BadIdentity(f"{key} is no identity of this account")
        accounts.write_aliases(connection, account_id, others)
        events.record(connection, "account")


def _account(connection: sqlite3.Connection, account_id: AccountId) -> _Account:
    row = connection.execute("SELECT address, aliases FROM account WHERE id = ?", (account_id,)).fetchone()
    if row is None:
        raise BadIdentity("this account was removed")
    return _Account(row[0], tuple(json.loads(row[1])))
