"""What a deal sells: products with quantity, price, discount and tax; undoable."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks, item_details
from store.crm.changes import Change
from store.crm.item_checks import BadItem, with_article
from store.crm.item_edits import name_of, present
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow

MOST: Final = 200
_CENT: Final = Decimal("0.01")


class DealLine(NamedTuple):
    """A product of a deal. `price` is the deal's own, else the product's; `discount` and `tax` are in percent.

    `net` is without tax, `total` with it; None without a price.
    """

    product_id: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    is_own_price: bool
    currency: str
    discount: Decimal
    tax: Decimal
    net: Decimal | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class DealProducts:
    """The products of a deal, and what they come to in each currency: without tax, with tax."""

    lines: tuple[DealLine, ...]
    totals: dict[str, tuple[Decimal, Decimal]]


def of(connection: sqlite3.Connection, deal: ItemRef) -> DealProducts:
    """Return the products of a deal in their order."""
    rows = connection.execute(
        "SELECT p.id, p.name, q.quantity, p.unit, coalesce(q.price, p.price), q.price IS NOT NULL, p.currency,"
        " coalesce(q.discount, '0'), coalesce(q.tax, p.tax, '0') FROM deal_product q"
        " JOIN product p ON p.id = q.product_id WHERE q.deal_id = ? ORDER BY q.position, p.name LIMIT ?",
        (deal.id, MOST),
    ).fetchall()
    lines = tuple(_line(*row) for row in rows)
    totals: dict[str, tuple[Decimal, Decimal]] = {}
    for line in lines:
        if line.net is not None and line.total is not None:
            net, total = totals.get(line.currency, (Decimal(0), Decimal(0)))
            totals[line.currency] = (net + line.net, total + line.total)
    return DealProducts(lines, dict(sorted(totals.items())))


def _line(
    product_id: str,
    name: str,
    quantity: str,
    unit: str,
    price: str | None,
    is_own_price: int,
    currency: str,
    discount: str,
    tax: str,
) -> DealLine:
    number, less, more = (item_details.amount(one) or Decimal(0) for one in (quantity, discount, tax))
    each = item_details.amount(price)
    net = None if each is None else _rounded(number * each * (100 - less) / 100)
    total = None if net is None else _rounded(net * (100 + more) / 100)
    return DealLine(
        product_id, name, number, unit, each, bool(is_own_price), currency, less, more, net, total
    )


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def set(
    db: Database,
    deal: ItemRef,
    product_id: str,
    *,
    quantity: object = "1",
    price: object = None,
    discount: object = None,
    tax: object = None,
) -> ActionRow:
    """Let a deal have so much of a product; without a price or tax it is the product's own. Raises BadItem."""
    now = int(time.time())
    typed = {"quantity": quantity, "price": price, "discount": discount, "tax": tax}
    with db.write() as connection:
        called = name_of(deal, _a_deal(connection, deal))
        key: dict[str, object] = {"deal_id": deal.id, "product_id": product_id}
        values: dict[str, object] = _checked(connection, typed)
        is_new = crm_changes.read(connection, "deal_product", key) is None
        if is_new:
            item_checks.product(connection, "product_id", product_id)
            values["position"] = _next_position(connection, deal)
        name, currency = connection.execute(
            "SELECT name, currency FROM product WHERE id = ?", (product_id,)
        ).fetchone()
        steps = crm_changes.apply(connection, [Change("deal_product", key, values)], now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        title = f"Added {name} to {called}" if is_new else f"Changed {name} of {called}"
        action = undo.record(connection, title, steps, now)
        warning = _warning(connection, deal, name, currency)
    return action._replace(warning=warning)


def remove(db: Database, deal: ItemRef, product_id: str) -> ActionRow:
    """Let a deal have nothing of a product. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        called = name_of(deal, _a_deal(connection, deal))
        key = {"deal_id": deal.id, "product_id": product_id}
        steps = crm_changes.apply(connection, [Change("deal_product", key, None)], now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        row = connection.execute("SELECT name FROM product WHERE id = ?", (product_id,)).fetchone()
        action = undo.record(connection, f"Took {row[0]} off {called}", steps, now)
    return action


def _a_deal(connection: sqlite3.Connection, deal: ItemRef) -> dict[str, object]:
    if deal.kind is not ItemKind.DEAL:
        raise BadItem("", f"{with_article(deal.kind.value)} has no products; a deal has")
    return present(connection, deal)


def _checked(connection: sqlite3.Connection, typed: Mapping[str, object]) -> dict[str, object]:
    quantity = item_checks.money(connection, "quantity", typed["quantity"])
    if quantity is None or Decimal(quantity) == 0:
        raise BadItem("quantity", "a deal has some of a product: write a quantity above 0")
    return {
        "quantity": quantity,
        "price": item_checks.money(connection, "price", typed["price"]),
        "discount": item_checks.share(connection, "discount", typed["discount"]),
        "tax": item_checks.share(connection, "tax", typed["tax"]),
    }


def _next_position(connection: sqlite3.Connection, deal: ItemRef) -> int:
    row = connection.execute(
        "SELECT coalesce(max(position), 0) + 1 FROM deal_product WHERE deal_id = ?", (deal.id,)
    ).fetchone()
    return int(row[0])


def _warning(connection: sqlite3.Connection, deal: ItemRef, name: str, currency: str) -> str:
    (deals,) = connection.execute("SELECT currency FROM deal WHERE id = ?", (deal.id,)).fetchone()
    if not currency or not deals or currency == deals:
        return ""
    return f"{name} is priced in {currency}, the deal in {deals}: they are totalled apart"
