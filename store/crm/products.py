"""What we sell; undoable."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from mail.folding import fold
from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks
from store.crm.changes import Change
from store.crm.item_checks import BadItem, Check
from store.database import Database
from store.rows import ActionRow

MOST: Final = 2_000


class ProductRow(NamedTuple):
    """A product. `tax` is in percent."""

    id: str
    name: str
    code: str
    unit: str
    price: Decimal | None
    currency: str
    tax: Decimal | None


_ROWS: Final = "SELECT id, name, code, unit, price, currency, tax FROM product WHERE deleted_at IS NULL"


def all(db: Database, words: str = "", limit: int = MOST) -> tuple[ProductRow, ...]:
    """Return the products by name; with words those that have each of them in name or code."""
    wanted = fold(words).split()
    rows = db.read().execute(f"{_ROWS} ORDER BY name, id LIMIT ?", (MOST,)).fetchall()
    found = (_row(*row) for row in rows if _has(wanted, fold(f"{row[1]} {row[2]}")))
    return tuple(found)[:limit]


def _has(words: list[str], text: str) -> bool:
    return not [word for word in words if word not in text]


def get(db: Database, product_id: str) -> ProductRow | None:
    """Return a product, None when there is none, or none any more."""
    row = db.read().execute(f"{_ROWS} AND id = ?", (product_id,)).fetchone()
    return _row(*row) if row else None


def add(db: Database, values: Mapping[str, object]) -> tuple[str, ActionRow]:
    """Make a product: name, code, unit, price, currency, tax. Raises BadItem."""
    now, product_id = int(time.time()), str(uuid.uuid4())
    with db.write() as connection:
        checked = _checked(connection, values)
        _check_whole(checked)
        steps = crm_changes.apply(connection, [Change("product", {"id": product_id}, checked)], now)
        action = undo.record(connection, f"Added product {checked['name']}", steps, now)
    return product_id, action


def edit(db: Database, product_id: str, values: Mapping[str, object]) -> ActionRow:
    """Let columns of a product be as they were typed; deals that have it at its price follow. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        row = _existing(connection, product_id)
        checked = _checked(connection, values)
        whole = {**row, **checked}
        _check_whole(whole)
        steps = crm_changes.apply(connection, [Change("product", {"id": product_id}, checked)], now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        action = undo.record(connection, f"Changed {whole['name']}", steps, now)
    return action


def delete(db: Database, product_id: str) -> ActionRow:
    """Sell a product no more; deals that have it keep it. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        row = _existing(connection, product_id)
        steps = crm_changes.apply(
            connection, [Change("product", {"id": product_id}, {"deleted_at": now})], now
        )
        action = undo.record(connection, f"Deleted product {row['name']}", steps, now)
    return action


def _existing(connection: sqlite3.Connection, product_id: str) -> dict[str, object]:
    row = crm_changes.read(connection, "product", {"id": product_id})
    if row is None or row["deleted_at"] is not None:
        raise BadItem("", "there is no such product any more")
    return row


def _checked(connection: sqlite3.Connection, values: Mapping[str, object]) -> dict[str, object]:
    for name in values:
        if name not in _FIELDS:
            raise BadItem(name, f"a product has no field {name} that is edited")
    return {name: _FIELDS[name](connection, name, value) for name, value in values.items()}


def _check_whole(row: Mapping[str, object]) -> None:
    if not row.get("name"):
        raise BadItem("name", "a product needs a name")
    if row.get("price") is not None and not row.get("currency"):
        raise BadItem("currency", "a price needs its currency; write three letters, like EUR")


def _row(
    product_id: str, name: str, code: str, unit: str, price: str | None, currency: str, tax: str | None
) -> ProductRow:
    return ProductRow(product_id, name, code, unit, _decimal(price), currency, _decimal(tax))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


_FIELDS: Final[dict[str, Check]] = {
    "name": item_checks.line,
    "code": item_checks.line,
    "unit": item_checks.line,
    "price": item_checks.money,
    "currency": item_checks.currency,
    "tax": item_checks.share,
}
