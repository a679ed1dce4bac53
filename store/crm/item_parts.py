"""What items have several of: addresses and numbers of persons, domains of organizations, further persons of deals."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from store.crm import item_checks
from store.crm.changes import Change
from store.crm.item_checks import BadItem, Check
from store.crm.items import ItemKind, ItemRef
from store.links import contacts


class Labelled(NamedTuple):
    """An address or number with what it is for: work, home .."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class _Part:
    table: str
    owner: str
    column: str
    check: Check
    has_primary: bool


PARTS: Final = {
    ItemKind.PERSON: {
        "emails": _Part("person_email", "person_id", "email", item_checks.email, True),
        "phones": _Part("person_phone", "person_id", "phone", item_checks.phone, True),
    },
    ItemKind.ORGANIZATION: {
        "domains": _Part(
            "organization_domain", "organization_id", "domain", item_checks.company_domain, False
        )
    },
    ItemKind.DEAL: {
        "participants": _Part("deal_participant", "deal_id", "person_id", item_checks.person, False)
    },
}
"""The lists each kind of item has, by the name that edits and forms use."""


def changes(
    connection: sqlite3.Connection, item: ItemRef, name: str, wanted: object
) -> tuple[list[Change], str]:
    """Return what lets the item have this list, and a warning. Raises BadItem.

    The first is the primary one; a label that is not given stays.
    """
    part = PARTS[item.kind][name]
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise TypeError(f"{name} is a list")
    rows = _rows(connection, part, item.id)
    listed: dict[str, str | None] = {}
    for entry in wanted:
        value, label = entry if isinstance(entry, Labelled) else (entry, None)
        if str(value).strip():
            listed.setdefault(str(part.check(connection, name, value)), label)
    new = listed.keys() - rows.keys()
    if name == "emails":
        _refuse_our_own(connection, new)
    warning = _WARNINGS[name](connection, new, item.id) if name in _WARNINGS and new else ""
    return list(_differences(part, item.id, rows, listed)), warning


def of(connection: sqlite3.Connection, item: ItemRef, name: str) -> tuple[Labelled, ...]:
    """Return a list of an item, the primary one first."""
    part = PARTS[item.kind][name]
    rows = _rows(connection, part, item.id)
    return tuple(
        Labelled(value, str(row.get("label", "")))
        for value, row in sorted(rows.items(), key=lambda each: (not each[1].get("is_primary"), each[0]))
    )


def _rows(connection: sqlite3.Connection, part: _Part, owner_id: str) -> dict[str, Mapping[str, object]]:
    columns = f'"{part.column}"' + (', "label", "is_primary"' if part.has_primary else "")
    found = connection.execute(
        f'SELECT {columns} FROM "{part.table}" WHERE "{part.owner}" = ? LIMIT 1000',  # noqa: S608 - names of PARTS
        (owner_id,),
    ).fetchall()
    return {row[0]: dict(zip(("label", "is_primary"), row[1:], strict=False)) for row in found}


def _differences(
    part: _Part, owner_id: str, rows: Mapping[str, Mapping[str, object]], listed: Mapping[str, str | None]
) -> Iterable[Change]:
    for value in sorted(rows.keys() - listed.keys()):
        yield Change(part.table, {part.owner: owner_id, part.column: value}, None)
    for position, (value, label) in enumerate(listed.items()):
        values: dict[str, object] = {"is_primary": int(position == 0)} if part.has_primary else {}
        if part.has_primary and label is not None:
            values["label"] = label
        if value not in rows or any(rows[value][name] != wanted for name, wanted in values.items()):
            yield Change(part.table, {part.owner: owner_id, part.column: value}, values)


def _refuse_our_own(connection: sqlite3.Connection, emails: Iterable[str]) -> None:
    we = contacts.ours(connection)
    for email in sorted(emails):
        if email in we.addresses:
            raise BadItem(
                "emails",
                f"{email} is an address of your own or of a colleague here:"
                " it never tells whom a conversation is with, so no person can have it",
            )


_ELSEWHERE: Final = {
    "emails": (
        "SELECT e.email, p.name FROM json_each(?) j CROSS JOIN person_email e ON e.email = j.value"
        " CROSS JOIN person p ON p.id = e.person_id AND p.deleted_at IS NULL WHERE p.id <> ? ORDER BY 1, 2 LIMIT 1"
    ),
    "domains": (
        "SELECT d.domain, o.name FROM json_each(?) j CROSS JOIN organization_domain d ON d.domain = j.value"
        " CROSS JOIN organization o ON o.id = d.organization_id AND o.deleted_at IS NULL WHERE o.id <> ?"
        " ORDER BY 1, 2 LIMIT 1"
    ),
}


def _warn_of_emails(connection: sqlite3.Connection, emails: Iterable[str], person_id: str) -> str:
    listed = sorted(emails)
    row = connection.execute(_ELSEWHERE["emails"], (json.dumps(listed), person_id)).fetchone()
    if row:
        return (
            f"{row[1]} has the address {row[0]} too: of the two, a conversation is with the one its deal, lead or"
            " project names, else with neither"
        )
    we = contacts.ours(connection)
    own = [email for email in listed if we.include(email)]
    return (
        f"{own[0]} is at your own company: mail with it counts as internal and is linked to nothing"
        if own
        else ""
    )


def _warn_of_domains(connection: sqlite3.Connection, domains: Iterable[str], organization_id: str) -> str:
    row = connection.execute(_ELSEWHERE["domains"], (json.dumps(sorted(domains)), organization_id)).fetchone()
    return f"{row[1]} has the domain {row[0]} too" if row else ""


_WARNINGS: Final = {"emails": _warn_of_emails, "domains": _warn_of_domains}
