"""CRM rows for tests of what the screen shows of them."""

from __future__ import annotations

import uuid

import makers

from store.crm import records
from store.crm.items import ItemKind, ItemRef
from store.database import Database

STAGE = "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b04"
PIPELINE = "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1a01"


def a_person(db: Database, name: str, email: str) -> str:
    """Insert a person with an address and return their id."""
    person_id = str(uuid.uuid4())
    with db.write() as connection:
        connection.execute(
            "INSERT INTO person (id, name, title, created_at, updated_at) VALUES (?, ?, 'Buyer', ?, ?)",
            (person_id, name, makers.NOW, makers.NOW),
        )
        connection.execute(
            "INSERT INTO person_email (person_id, email, is_primary) VALUES (?, ?, 1)", (person_id, email)
        )
        records.reindex(connection)
    return person_id


def a_deal(db: Database, title: str, person_id: str | None = None, *, status: str = "open") -> ItemRef:
    """Insert a deal in the stage Proposal and return it."""
    deal_id = str(uuid.uuid4())
    with db.write() as connection:
        connection.execute(
            "INSERT INTO deal (id, title, person_id, pipeline_id, stage_id, value, currency, status, created_at,"
            " updated_at) VALUES (?, ?, ?, ?, ?, '12400', 'EUR', ?, ?, ?)",
            (deal_id, title, person_id, PIPELINE, STAGE, status, makers.NOW, makers.NOW),
        )
        records.reindex(connection)
    return ItemRef(ItemKind.DEAL, deal_id)


def a_note(db: Database, deal: ItemRef, body: str) -> None:
    """Insert a note about a deal."""
    with db.write() as connection:
        connection.execute(
            "INSERT INTO note (id, body, deal_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
            (str(uuid.uuid4()), body, deal.id, makers.NOW, makers.NOW),
        )


def a_user(
    db: Database, name: str, email: str, *, is_admin: bool = False, team: str = "", edits: str = "seen"
) -> str:
    """Insert a user of the workspace and return their id."""
    user_id = str(uuid.uuid4())
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, is_admin, team, edits, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (user_id, name, email, int(is_admin), team, edits, makers.NOW, makers.NOW),
        )
    return user_id


def a_row(db: Database, table: str, **values: object) -> str:
    """Insert a row of the CRM with an id of its own, made at makers.NOW unless said otherwise; return its id."""
    row = {"id": str(uuid.uuid4()), "created_at": makers.NOW, "updated_at": makers.NOW, **values}
    with db.write() as connection:
        connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
    return str(row["id"])
