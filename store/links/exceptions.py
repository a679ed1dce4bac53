"""Addresses and domains that are treated apart: not judged, making no lead or deal, or never shared."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mail.addresses import normalise
from store import undo
from store.crm import audit as crm_audit
from store.crm import changes as crm_changes
from store.crm.changes import Change
from store.database import Database
from store.rows import ActionRow

EFFECTS: Final = {
    "block": "is not judged: no item, no person",
    "no_create": "makes no lead or deal",
    "never_share": "is never shared by default",
}
"""What an exception does, in words that follow the address."""
_MOST: Final = 100_000


class BadPattern(ValueError):
    """This is neither an address nor a domain; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One exception. `pattern` is an address, or "@" and a domain, which covers the domains below it."""

    id: str
    pattern: str
    effect: str
    comment: str
    created_at: int


def all(db: Database, limit: int = _MOST) -> tuple[ExceptionRow, ...]:
    """Return the exceptions, domains first, by pattern."""
    rows = db.read().execute(
        "SELECT id, pattern, effect, comment, created_at FROM crm_exception WHERE deleted_at IS NULL"
        " ORDER BY substr(pattern, 1, 1) <> '@', pattern, effect LIMIT ?",
        (limit,),
    )
    return tuple(ExceptionRow(*row) for row in rows.fetchall())


def add(db: Database, pattern: str, effect: str, comment: str = "") -> ActionRow:
    """Let mail of an address or a domain be treated apart; undoable. Raises BadPattern."""
    wanted = normalised(pattern)
    if effect not in EFFECTS:
        raise BadPattern(f"an exception is one of {', '.join(EFFECTS)}, not {effect}")
    now = int(time.time())
    with db.write() as connection:
        change = change_to(connection, wanted, effect, comment)
        if change is None:
            return ActionRow(0, f"{wanted} {EFFECTS[effect]} already", "nothing")
        steps = crm_changes.apply(connection, [change], now)
        action = undo.record(connection, f"{wanted} {EFFECTS[effect]}", steps, now)
        note(connection, now, "add_exception", wanted, effect)
    return action


def remove(db: Database, exception_id: str) -> ActionRow:
    """Treat an address or a domain like all others again; undoable."""
    now = int(time.time())
    with db.write() as connection:
        row = crm_changes.read(connection, "crm_exception", {"id": exception_id})
        if row is None or row["deleted_at"]:
            return ActionRow(0, "There is no such exception", "nothing")
        steps = crm_changes.apply(connection, [Change("crm_exception", {"id": exception_id}, None)], now)
        action = undo.record(connection, f"{row['pattern']} is treated like others again", steps, now)
        note(connection, now, "remove_exception", row["pattern"], row["effect"])
    return action


def change_to(connection: sqlite3.Connection, pattern: str, effect: str, comment: str) -> Change | None:
    """Return what adds an exception, for an action of another kind; None when there is one already."""
    known = connection.execute(
        "SELECT 1 FROM crm_exception WHERE pattern = ? AND effect = ? AND deleted_at IS NULL",
        (pattern, effect),
    ).fetchone()
    if known is not None:
        return None
    values = {"pattern": pattern, "effect": effect, "comment": comment}
    return Change("crm_exception", {"id": str(uuid.uuid4())}, values)


def note(connection: sqlite3.Connection, now: int, what: str, pattern: str, effect: str) -> None:
    """Write down who treats what apart since when."""
    crm_audit.write(connection, now, "", what, f"exception:{pattern}", {"effect": effect})


def normalised(pattern: str) -> str:
    """Return a pattern as it is kept: "Ana@X.example" as an address, "@x.example" and "x.example" as a domain."""
    text = pattern.strip().strip("<>").strip()
    if " " in text or not text.strip("@."):
        raise BadPattern(f"“{text}” is neither an address nor a domain")
    if text.startswith("*@"):
        text = text[1:]
    if "@" in text[1:]:
        address = normalise(text)
        if not address:
            raise BadPattern(f"“{text}” is no address")
        return address
    host = normalise(f"x@{text.lstrip('@').lstrip('.')}").rpartition("@")[2]
    if "." not in host:
        raise BadPattern(f"“{text}” is no domain: a domain has a dot, as in @example.com")
    return f"@{host}"


def covers(pattern: str, address: str) -> bool:
    """Say whether an exception is about a normalised address."""
    if not pattern.startswith("@"):
        return pattern == address
    host = "." + address.rpartition("@")[2]
    return host.endswith("." + pattern[1:])


def is_covered(connection: sqlite3.Connection, addresses: Iterable[str], effect: str) -> bool:
    """Say whether one of the addresses is treated apart so."""
    patterns: set[str] = set()
    for address in addresses:
        host = address.rpartition("@")[2]
        labels = host.split(".")
        patterns.add(address)
        patterns.update("@" + ".".join(labels[start:]) for start in range(len(labels)))
    row = connection.execute(
        "SELECT 1 FROM json_each(?) j CROSS JOIN crm_exception x ON x.pattern = j.value"
        " WHERE x.effect = ? AND x.deleted_at IS NULL LIMIT 1",
        (json.dumps(sorted(patterns)), effect),
    ).fetchone()
    return row is not None
