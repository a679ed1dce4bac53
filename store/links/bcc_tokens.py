"""Smart BCC: the secrets in addresses of accounts and items, and which mail came to one."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mail.addresses import normalise
from mail.bcc_address import TOKEN_OCTETS, new_token, token_in
from mail.ids import AccountId
from store import events
from store.crm import audit as crm_audit
from store.database import Database

if TYPE_CHECKING:
    from mail.types import Email
    from store.crm.items import ItemRef


def token(db: Database, account_id: AccountId, item: ItemRef | None) -> str:
    """Return the secret of an item's address, or of the universal one; it is made when it is first wanted."""
    found = _live(db.read(), account_id, item)
    if found is not None:
        return found
    with db.write() as connection:
        return ensure(connection, account_id, item)


def ensure(connection: sqlite3.Connection, account_id: AccountId, item: ItemRef | None) -> str:
    """Do what token() does, inside a write transaction."""
    found = _live(connection, account_id, item)
    if found is not None:
        return found
    made = new_token(secrets.token_bytes(TOKEN_OCTETS))
    connection.execute(
        "INSERT INTO bcc_token (token, account_id, item_kind, item_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (made, account_id, item.kind.value if item else None, item.id if item else None, int(time.time())),
    )
    return made


def rotate(db: Database, account_id: AccountId, item: ItemRef | None) -> str:
    """Return a new secret; what comes to the old one from now on is ordinary mail."""
    now = int(time.time())
    with db.write() as connection:
        found = _live(connection, account_id, item)
        connection.execute("UPDATE bcc_token SET revoked_at = ? WHERE token = ?", (now, found))
        made = ensure(connection, account_id, item)
        named = {"item": f"{item.kind}:{item.id}" if item else ""}
        crm_audit.write(connection, now, "", "rotate_bcc", f"account:{account_id}", named)
        events.record(connection, "account")
    return made


def _live(connection: sqlite3.Connection, account_id: AccountId, item: ItemRef | None) -> str | None:
    row = connection.execute(
        "SELECT token FROM bcc_token WHERE account_id = ? AND item_kind IS ? AND item_id IS ?"
        " AND revoked_at IS NULL ORDER BY created_at LIMIT 1",
        (account_id, item.kind.value if item else None, item.id if item else None),
    ).fetchone()
    return None if row is None else str(row[0])


@dataclass(frozen=True, slots=True)
class Channels:
    """What tells a Smart BCC copy: secrets by whether they still hold, aliases with their account's, the owner's addresses."""

    holds: Mapping[str, bool]
    aliases: Mapping[str, str]
    own: frozenset[str]

    def token_of(self, email: Email) -> str | None:
        """Return the secret a message came with, None when it came with none that holds."""
        if not self.holds:
            return None
        for address in _addresses(email):
            told = token_in(address) or self.aliases.get(address)
            if told is not None and self.holds.get(told):
                return told
        return None

    def is_revoked(self, email: Email) -> bool:
        """Say whether a message came to an address that was replaced."""
        return bool(self.holds) and any(
            self.holds.get(token_in(address) or "") is False for address in _addresses(email)
        )

    def is_ours(self, address: str) -> bool:
        """Say whether a normalised address is a Smart BCC one, of any time."""
        return address in self.aliases or (token_in(address) or "") in self.holds

    def is_by_owner(self, email: Email) -> bool:
        """Say whether everybody in From is the owner."""
        authors = [normalise(one.email) for one in email.from_]
        return bool(authors) and self.own.issuperset(authors)


def _addresses(email: Email) -> list[str]:
    """Return where a message was delivered, then whom it names: of two secrets the one it was delivered to counts."""
    named = (normalise(one.email) for one in (*email.to, *email.cc, *email.bcc))
    return [*email.delivered_to, *named]


def channels(connection: sqlite3.Connection) -> Channels:
    """Return every channel there is: mail may be delivered to another account of the owner than the secret is of."""
    holds = dict(connection.execute("SELECT token, revoked_at IS NULL FROM bcc_token").fetchall())
    if not holds:
        return Channels({}, {}, frozenset())
    aliases = connection.execute(
        "SELECT c.bcc_address, t.token FROM account_crm c JOIN bcc_token t ON t.account_id = c.account_id"
        " WHERE c.bcc_address <> '' AND t.item_kind IS NULL AND t.revoked_at IS NULL"
    ).fetchall()
    return Channels({one: bool(is_live) for one, is_live in holds.items()}, dict(aliases), _own(connection))


def _own(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the addresses of the owner: of the accounts, and of the user who has one of them."""
    found: set[str] = set()
    for address, aliases in connection.execute("SELECT address, aliases FROM account").fetchall():
        found |= {normalise(one) for one in (address, *json.loads(aliases))}
    found.discard("")
    users = connection.execute(
        "SELECT email, aliases FROM workspace_user WHERE deleted_at IS NULL AND is_active"
    ).fetchall()
    for email, aliases in users:
        theirs = {email, *aliases.split()} - {""}
        if not theirs.isdisjoint(found):
            found |= theirs
    return frozenset(found)
