"""Merging, proved over the schema: whatever table comes to name items, its rows go over to the item that stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import count

import makers
import pytest
import stored

from mail.types import Role
from store.crm import item_edits, item_merges
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links

DEAL, LEAD, PROJECT, PERSON, ORGANIZATION = ItemKind
NAMES = {
    "person_id": PERSON,
    "org_id": ORGANIZATION,
    "organization_id": ORGANIZATION,
    "deal_id": DEAL,
    "converted_deal_id": DEAL,
    "lead_id": LEAD,
    "source_lead_id": LEAD,
    "project_id": PROJECT,
}
"""The columns that name an item of one kind, by their names."""
NO_ITEMS = {
    *("owner_id", "responsible_id", "author_id", "user_id", "label_id", "field_id", "product_id", "pipeline_id", "stage_id"),
    *("phase_id", "activity_id", "message_id", "content_id", "list_id", "external_id", "local_id", "item_id"),
}  # fmt: skip
"""Other columns of text with such a name; the last two name items with their kind beside them."""
KEPT = {"audit", "action_step", "closed_period", "thread"}
"""What happened stays told of the item it happened to, as does when it was closed; a conversation repeats what item_link says."""
_numbers = count(1000)


def tables(db: Database) -> dict[str, list[tuple[str, str, bool, bool]]]:
    """Return (name, type, whether it has to be said, whether it is in the key) of each column of every table."""
    names = db.read().execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    )
    shadows = ("item_text", "email_text", "sqlite_")
    return {
        table: [
            (name, sort, bool(needed) and default is None, key > 0)
            for _, name, sort, needed, default, key in db.read()
            .execute(f"PRAGMA table_info({table})")
            .fetchall()
        ]
        for (table,) in names.fetchall()
        if not table.startswith(shadows)
    }


def naming(db: Database, kind: ItemKind) -> Iterator[tuple[str, str]]:
    """Yield each table and column that can name an item of a kind."""
    for table, columns in tables(db).items():
        names = {name for name, *_ in columns}
        for name in names:
            if NAMES.get(name) is kind:
                yield table, name
        if {"item_kind", "item_id"} <= names and table not in ("thread", "item_index"):
            yield table, "item_id"
    yield "external_ref", "local_id"
    if kind in (PERSON, ORGANIZATION, LEAD):
        yield "awaited_choice", "value"


def insert(connection: sqlite3.Connection, db: Database, table: str, **values: object) -> None:
    """Insert a row with these values, and whatever else has to be said."""
    for name, sort, is_needed, is_key in tables(db)[table]:
        if name not in values and (is_needed or is_key):
            number = next(_numbers)
            values[name] = number if sort == "INTEGER" else b"x" if sort == "BLOB" else f"filler {number}"
    if table == "draft":
        values["state"] = "writing"
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(values.values()))


def mentions(db: Database, item: ItemRef) -> set[str]:
    """Return the tables any text of which names an item, but for its own row."""
    found = set()
    for table, columns in tables(db).items():
        texts = [name for name, sort, *_ in columns if sort == "TEXT"]
        where = " OR ".join(f"instr({name}, ?) > 0" for name in texts) or "0"
        rows = db.read().execute(f"SELECT * FROM {table} WHERE {where}", [item.id] * len(texts)).fetchall()
        found |= (
            {table}
            if [row for row in rows if not (table == item.kind.value and row[0] == item.id)]
            else set()
        )
    return found


def test_every_column_that_could_name_an_item_is_known_to(db: Database) -> None:
    names = {
        name
        for columns in tables(db).values()
        for name, sort, *_ in columns
        if name.endswith("_id") and sort == "TEXT"
    }
    assert names - NO_ITEMS == set(NAMES)


@pytest.mark.parametrize("kind", list(ItemKind))
def test_whatever_names_the_item_that_goes_names_the_one_that_stays(db: Database, kind: ItemKind) -> None:
    caption = "title" if kind.fills_the_slot else "name"
    of = (
        {"org_id": item_edits.create(db, ORGANIZATION, {"name": "Acme"})[0].id} if kind.fills_the_slot else {}
    )
    stays, goes = (item_edits.create(db, kind, {caption: name, **of})[0] for name in ("Stays", "Goes"))
    account_id = makers.an_account(db)
    if kind.fills_the_slot:
        thread_id = stored.a_stored_email(
            db, account_id, stored.mailboxes_of(db, account_id)[Role.INBOX]
        ).thread_id
        links.link(db, thread_id, goes)
    db.read().execute("PRAGMA foreign_keys=OFF")
    places = sorted(set(naming(db, kind)))
    with db.write() as connection:
        for table, column in places:
            beside = {"item_kind": kind.value} if column == "item_id" else {}
            beside |= {"kind": kind.value} if table == "external_ref" else {}
            insert(connection, db, table, **{column: goes.id}, **beside)
    before = mentions(db, goes)
    assert before >= {table for table, _ in places} - {kind.value}
    item_merges.merge(db, stays, goes)
    assert mentions(db, goes) - KEPT == set()
    assert mentions(db, stays) >= before - KEPT
