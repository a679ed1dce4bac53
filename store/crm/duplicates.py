"""Persons and organizations that may be the same: equal in an address, a telephone, a domain or the folded name."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mail.folding import fold
from store.crm.items import ItemKind, ItemRef
from store.database import Database

MOST: Final = 10_000
"""So many groups are listed."""
_LEAST_DIGITS: Final = 7
"""A telephone number with fewer digits is an extension, which many have."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Items that have something in common; `reason` says what. The oldest comes first: it is the one to keep."""

    kind: ItemKind
    items: tuple[tuple[str, str], ...]
    reason: str

    @property
    def refs(self) -> tuple[ItemRef, ...]:
        """Return which items they are."""
        return tuple(ItemRef(self.kind, item_id) for item_id, _ in self.items)


def find(db: Database) -> tuple[Alike, ...]:
    """Return groups of persons, then of organizations; an empty field never makes two alike."""
    connection = db.read()
    people = _names(connection, "person")
    companies = _names(connection, "organization")
    groups = [
        *_groups(ItemKind.PERSON, people, connection.execute(_EMAILS), "the address {}"),
        *_groups(ItemKind.PERSON, people, _phones(connection), "the telephone {}"),
        *_groups(ItemKind.PERSON, people, _called(connection), "the name {} at the same organization"),
        *_groups(ItemKind.ORGANIZATION, companies, connection.execute(_DOMAINS), "the domain {}"),
        *_groups(
            ItemKind.ORGANIZATION,
            companies,
            [(fold(name), item_id) for item_id, name in companies.items()],
            "the name {}",
        ),
    ]
    return tuple(_once(groups)[:MOST])


_EMAILS: Final = (
    "SELECT email, person_id FROM person_email WHERE email <> '' AND email IN"
    " (SELECT email FROM person_email GROUP BY email HAVING count(*) > 1)"
)
_DOMAINS: Final = (
    "SELECT domain, organization_id FROM organization_domain WHERE domain <> '' AND domain IN"
    " (SELECT domain FROM organization_domain GROUP BY domain HAVING count(*) > 1)"
)


def _names(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return what is called how, the oldest first."""
    query = f"SELECT id, name FROM {table} WHERE deleted_at IS NULL ORDER BY created_at, id"  # noqa: S608 - a word of ours
    return dict(connection.execute(query).fetchall())


def _phones(connection: sqlite3.Connection) -> Iterable[tuple[str, str]]:
    for phone, person_id in connection.execute("SELECT phone, person_id FROM person_phone"):
        digits = re.sub(r"\D", "", phone)
        if len(digits) >= _LEAST_DIGITS:
            yield digits.removeprefix("00"), person_id


def _called(connection: sqlite3.Connection) -> Iterable[tuple[str, str]]:
    """Yield folded names, each with the organization: people without one have only their name in common."""
    rows = connection.execute("SELECT name, org_id, id FROM person WHERE deleted_at IS NULL AND org_id <> ''")
    for name, org_id, person_id in rows:
        words = fold(name)
        if words:
            yield f"{words}\x1f{org_id}", person_id


def _groups(
    kind: ItemKind, names: dict[str, str], keyed: Iterable[tuple[str, str]], reason: str
) -> list[Alike]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, item_id in keyed:
        if key and item_id in names:
            found[key].add(item_id)
    order = {item_id: place for place, item_id in enumerate(names)}
    return [
        Alike(
            kind,
            tuple((item_id, names[item_id]) for item_id in sorted(ids, key=order.__getitem__)),
            reason.format(f"“{names[min(ids, key=order.__getitem__)]}”" if "name" in reason else key),
        )
        for key, ids in sorted(found.items())
        if len(ids) > 1
    ]


def _once(groups: Iterable[Alike]) -> list[Alike]:
    """Return each group of the same items once, with all its reasons."""
    reasons: dict[tuple[ItemKind, tuple[tuple[str, str], ...]], list[str]] = {}
    for group in groups:
        reasons.setdefault((group.kind, group.items), []).append(group.reason)
    return [Alike(kind, items, " and ".join(why)) for (kind, items), why in reasons.items()]
