from __future__ import annotations

from decimal import Decimal

import crm_rows
import pytest

from store import actions
from store.crm import deal_products, products
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Falcon")


def a_product(
    db: Database, name: str = "Toner", price: str | None = "19.99", currency: str = "EUR", **more: str
) -> str:
    return products.add(db, {"name": name, "price": price, "currency": currency, **more})[0]


def totals(db: Database, deal: ItemRef) -> dict[str, tuple[str, str]]:
    found = deal_products.of(db.read(), deal).totals
    return {currency: (str(net), str(total)) for currency, (net, total) in found.items()}


def test_a_product_is_made_edited_and_deleted(db: Database) -> None:
    product_id, action = products.add(
        db, {"name": "Toner", "code": "T-1", "price": "1,234.5", "currency": "eur", "tax": "19 %"}
    )
    assert action.title == "Added product Toner"
    found = products.get(db, product_id)
    assert found is not None
    assert (found.name, found.price, found.currency, found.tax) == (
        "Toner",
        Decimal("1234.5"),
        "EUR",
        Decimal(19),
    )
    assert products.edit(db, product_id, {"price": "9"}).title == "Changed Toner"
    assert products.edit(db, product_id, {"price": "9"}).state == "nothing"
    assert [each.name for each in products.all(db, "t-1 ton")] == ["Toner"]
    assert products.all(db, "ink") == ()
    products.delete(db, product_id)
    assert products.all(db) == ()
    for _ in range(3):
        actions.undo(db)
    assert products.get(db, product_id) is None
    actions.redo(db)
    assert products.get(db, product_id) == found


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"name": ""}, "name", "a product needs a name"),
        (
            {"name": "x", "price": "5"},
            "currency",
            "a price needs its currency; write three letters, like EUR",
        ),
        ({"name": "x", "tax": "101"}, "tax", "101 % is more than the whole; write a number from 0 to 100"),
        ({"name": "x", "tax": "much"}, "tax", "“much” is not a percentage; write it like 7.5"),
        ({"name": "x", "size": "1"}, "size", "a product has no field size that is edited"),
    ],
)
def test_what_is_no_product_is_refused(
    db: Database, values: dict[str, object], field: str, sentence: str
) -> None:
    with pytest.raises(BadItem) as caught:
        products.add(db, values)
    assert (caught.value.field, str(caught.value)) == (field, sentence)


def test_the_totals_of_a_deal_are_exact(db: Database, deal: ItemRef) -> None:
    deal_products.set(db, deal, a_product(db, tax="19"), quantity="3", discount="10")
    assert totals(db, deal) == {"EUR": ("53.97", "64.22")}
    deal_products.set(db, deal, a_product(db, "Cents", "0.1"), quantity="3")
    assert totals(db, deal) == {"EUR": ("54.27", "64.52")}


def test_a_product_without_a_price_of_the_deals_own_has_its_own(db: Database, deal: ItemRef) -> None:
    toner = a_product(db, tax="19")
    deal_products.set(db, deal, toner)
    products.edit(db, toner, {"price": "10"})
    assert totals(db, deal) == {"EUR": ("10.00", "11.90")}
    deal_products.set(db, deal, toner, price="8", tax="0")
    assert totals(db, deal) == {"EUR": ("8.00", "8.00")}
    (line,) = deal_products.of(db.read(), deal).lines
    assert line.is_own_price


def test_currencies_are_never_added_up_and_the_user_is_told(db: Database, deal: ItemRef) -> None:
    assert deal_products.set(db, deal, a_product(db)).warning == ""
    action = deal_products.set(db, deal, a_product(db, "Drum", "5", "USD"))
    assert action.warning == "Drum is priced in USD, the deal in EUR: they are totalled apart"
    deal_products.set(db, deal, a_product(db, "Free", None, "PLN"))
    assert totals(db, deal) == {"EUR": ("19.99", "19.99"), "USD": ("5.00", "5.00")}


def test_products_of_a_deal_keep_the_order_they_were_added_in(db: Database, deal: ItemRef) -> None:
    for name in ("c", "a", "b"):
        deal_products.set(db, deal, a_product(db, name))
    assert [line.name for line in deal_products.of(db.read(), deal).lines] == ["c", "a", "b"]


def test_adding_changing_and_taking_off_are_undone(db: Database, deal: ItemRef) -> None:
    toner = a_product(db)
    assert deal_products.set(db, deal, toner, quantity="2").title == "Added Toner to Falcon"
    assert deal_products.set(db, deal, toner, quantity="3").title == "Changed Toner of Falcon"
    assert deal_products.set(db, deal, toner, quantity="3").state == "nothing"
    assert deal_products.remove(db, deal, toner).title == "Took Toner off Falcon"
    assert deal_products.remove(db, deal, toner).state == "nothing"
    found = []
    for _ in range(3):
        actions.undo(db)
        found.append([str(line.quantity) for line in deal_products.of(db.read(), deal).lines])
    assert found == [["3"], ["2"], []]


@pytest.mark.parametrize("quantity", ["0", "", "none", "-1"])
def test_a_quantity_is_above_nothing(db: Database, deal: ItemRef, quantity: str) -> None:
    with pytest.raises(BadItem) as caught:
        deal_products.set(db, deal, a_product(db), quantity=quantity)
    assert caught.value.field == "quantity"


def test_only_deals_have_products_and_only_ones_that_are_sold(db: Database, deal: ItemRef) -> None:
    toner = a_product(db)
    with pytest.raises(BadItem, match="a lead has no products; a deal has"):
        deal_products.set(db, ItemRef(ItemKind.LEAD, "x"), toner)
    products.delete(db, toner)
    with pytest.raises(BadItem, match="the product Toner was deleted"):
        deal_products.set(db, deal, toner)
    with pytest.raises(BadItem, match="there is no such product"):
        deal_products.set(db, deal, "none")
