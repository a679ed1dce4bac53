"""Who the user can be when writing: the address of each account, and whatever else was set, with signatures."""

from __future__ import annotations

import json

from mail.addresses import normalise
from mail.drafts import Identity
from mail.ids import AccountId
from mail.text import safe_line
from mail.types import Address
from store import events
from store.database import Database
from store.rows import IdentityRow


class NotAnAddress(ValueError):
    """What was given is no address anybody can write from."""


def all(db: Database) -> tuple[IdentityRow, ...]:
    """Return every identity, by account, the account's first one first.

    Aliases of an account that have no identity of their own are answered as its first.
    """
    connection = db.read()
    accounts = connection.execute(
        "SELECT id, address, aliases FROM account ORDER BY id LIMIT 1000"
    ).fetchall()
    rows = connection.execute(
        "SELECT id, account_id, name, email, signature FROM identity ORDER BY account_id, position, id LIMIT 1000"
    ).fetchall()
    found: list[IdentityRow] = []
    for account_id, address, aliases in accounts:
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
    db: Database, account_id: AccountId, email: str, *, name: str = "", signature: str = "", position: int = 0
) -> None:
    """Let the user write as `email` from this account, with that name and signature. Raises NotAnAddress."""
    if not normalise(email):
        raise NotAnAddress(f"“{safe_line(email)}” is no address.")
    with db.write() as connection:
        connection.execute(
            "INSERT INTO identity (account_id, name, email, signature, position) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (account_id, email) DO UPDATE SET name = excluded.name, signature = excluded.signature,"
            " position = excluded.position",
            (account_id, name, normalise(email), signature, position),
        )
        events.record(connection, "account")


def remove(db: Database, identity_id: int) -> None:
    """Forget an identity; the address of an account stays one, without a name."""
    with db.write() as connection:
        connection.execute("DELETE FROM identity WHERE id = ?", (identity_id,))
        events.record(connection, "account")
