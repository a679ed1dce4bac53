"""The products of a deal: quantity, price and discount of each, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from store import undo
from store.crm import deal_products
from store.crm import products as product_rows
from store.crm.deal_products import DealLine, DealProducts
from store.crm.item_edits import BadItem
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemCard
from store.crm.products import ProductRow
from store.database import Database
from store.rows import ActionRow
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, shorten
from tui.items.host import Host, permitted
from tui.screens import form_journal
from tui.screens.dialog import Dialog
from tui.screens.item_form import ItemForm
from tui.screens.item_form_fields import BadField, Field, How, Money
from tui.screens.item_form_kinds import Filled, Start
from tui.screens.pick import Choice, Picker
from tui.widgets.crm_lines import money

_KEYS: Final = "n add   enter change   d take off   z undo   q closes"
_NUMBERS: Final = 34
_NEW: Final = ""


class DealProductsList(Dialog[ActionRow]):
    """Changes the store itself, and answers with what was done last."""

    BINDINGS = [
        Binding("q", "close", show=False),
        Binding("escape", "close", show=False),
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("enter,e", "change", show=False, priority=True),
        Binding("n", "add", show=False),
        Binding("d", "remove", show=False),
        Binding("z", "undo", show=False),
    ]

    def __init__(self, host: Host, deal: ItemCard) -> None:
        super().__init__()
        self._host = host
        self._db = host.db
        self._deal = deal
        self._shown = DealProducts((), {})
        self._done: ActionRow | None = None
        self._count = 0  # of changes made here, so that undo goes no further back
        self._is_busy = False

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.assemble(("Products of ", "bold"), (line(self._deal.title), "bold")))
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            yield Static(id="products-total")
            yield Static(id="products-told")
            yield Static(Content.styled(_KEYS, "dim"))

    async def on_mount(self) -> None:
        await self._read()

    # -- what is shown

    async def _read(self) -> None:
        self._shown = await in_store(_of, self._db, self._deal)
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_options([Option(self._label(each)) for each in self._shown.lines])
        if not self._shown.lines:
            options.add_option(Option(Content("nothing yet: n adds a product"), disabled=True))
        options.highlighted = min(at, len(self._shown.lines) - 1) if self._shown.lines else None
        totals = [
            f"{money(net, currency)}{f', {money(total, currency)} with tax' if total != net else ''}"
            for currency, (net, total) in self._shown.totals.items()
        ]
        self.query_one("#products-total", Static).update(Content.styled("; ".join(totals), "bold"))

    def _label(self, one: DealLine) -> Content:
        name_cells = max(self.row_cells - _NUMBERS, 12)
        price = "no price" if one.price is None else money(one.price, one.currency)
        less = f" -{_short(one.discount)}%" if one.discount else ""
        amount = f"{_short(one.quantity)} {line(one.unit)}".strip()
        return Content.assemble(
            fit(shorten(line(one.name), name_cells), name_cells),
            (fit(shorten(f" {amount} x {price}{less}", _NUMBERS), _NUMBERS), "dim"),
        )

    def _tell(self, text: str) -> None:
        self.query_one("#products-told", Static).update(Content(line(text)))

    @property
    def _line(self) -> DealLine | None:
        at = self.query_one(OptionList).highlighted
        return self._shown.lines[at] if at is not None and at < len(self._shown.lines) else None

    # -- keys

    def action_close(self) -> None:
        self.dismiss(self._done)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._shown.lines:
            options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._shown.lines) - 1))

    def action_add(self) -> None:
        self._begin(self._add())

    def action_change(self) -> None:
        if (one := self._line) is not None:
            self._begin(self._fill_in(one.product_id, one.name, one.currency, one))

    def action_remove(self) -> None:
        if (one := self._line) is not None:
            removing = partial(deal_products.remove, self._db, self._deal.ref, one.product_id)
            self._begin(self._carry_out(removing))

    def action_undo(self) -> None:
        if self._count:
            self._begin(self._undo())

    def _begin(self, doing: Coroutine[None, None, None]) -> None:
        """Do what asks on the way: one such thing at a time."""
        if self._is_busy:
            doing.close()
            return
        self._is_busy = True
        self.run_worker(self._finish(doing), group="products")

    async def _finish(self, doing: Coroutine[None, None, None]) -> None:
        try:
            await doing
        finally:
            self._is_busy = False

    # -- what they do

    async def _add(self) -> None:
        known = await in_store(product_rows.all, self._db)
        listed = {one.product_id for one in self._shown.lines}
        choices = [_choice(each) for each in known if each.id not in listed]
        choices.append(Choice(_NEW, Content.styled("a new product", "bold"), "new product"))
        chosen = await self.app.push_screen_wait(Picker("Add a product", choices))
        if chosen is not None:
            product_id = await self._new() if chosen == _NEW else chosen
            product = await in_store(product_rows.get, self._db, product_id) if product_id else None
            if product is not None:
                await self._fill_in(product.id, product.name, product.currency, None)

    async def _new(self) -> str | None:
        """Let the user describe something not sold before."""
        from tui.items.adding import create

        made = await create(self._host, PageKind.PRODUCT, Start())
        self._count += made is not None
        return made.ref.id if made is not None else None

    async def _fill_in(self, product_id: str, name: str, currency: str, now: DealLine | None) -> None:
        async def save(filled: Filled) -> ActionRow:
            price = filled["price"]
            if isinstance(price, Money) and price.currency not in ("", currency):
                raise BadField(f"Price: {line(name)} is priced in {currency or 'no currency'}")
            own_price = price.value if isinstance(price, Money) else None
            numbers = {each: filled[each] for each in ("quantity", "discount", "tax")}
            change = partial(
                deal_products.set, self._db, self._deal.ref, product_id, price=own_price, **numbers
            )
            return await in_store(permitted, self._db, self._deal.ref, change)

        form = f"product:{product_id} of {PageRef.of(self._deal.ref).address}"
        journal = await form_journal.opened(self._db, form)
        done = await self.app.push_screen_wait(ItemForm(line(name), _fields(now), save, journal=journal))
        if done is not None:
            self._count += 1
            await self._after(done)

    async def _carry_out(self, change: Callable[[], ActionRow]) -> None:
        try:
            done = await in_store(permitted, self._db, self._deal.ref, change)
        except BadItem as error:
            self._tell(f"Not done: {error}")
            return
        self._count += 1
        await self._after(done)

    async def _undo(self) -> None:
        self._count -= 1
        undone = await in_store(undo.undo, self._db)
        if undone is not None:
            await self._after(undone)

    async def _after(self, done: ActionRow) -> None:
        self._done = done
        await self._read()
        self._tell(f"{done.title}, but {done.warning}" if done.warning else done.title)


def _of(db: Database, deal: ItemCard) -> DealProducts:
    return deal_products.of(db.read(), deal.ref)


def _choice(product: ProductRow) -> Choice[str]:
    price = "" if product.price is None else money(product.price, product.currency)
    words = f"{line(product.name)} {line(product.code)}"
    return Choice(product.id, Content(line(product.name)), words, right=price)


def _fields(now: DealLine | None) -> tuple[Field, ...]:
    price = f"{now.price:f}" if now is not None and now.is_own_price and now.price is not None else ""
    return (
        Field("quantity", "Quantity", How.NUMBER, _short(now.quantity) if now else "1", is_required=True),
        Field("price", "Price", How.MONEY, price, hint="nothing: the product's own"),
        Field(
            "discount",
            "Discount",
            How.NUMBER,
            _short(now.discount) if now and now.discount else "",
            hint="percent",
        ),
        Field(
            "tax",
            "Tax",
            How.NUMBER,
            _short(now.tax) if now and now.tax else "",
            hint="percent; nothing: the product's",
        ),
    )


def _short(number: Decimal) -> str:
    return f"{number.normalize() + 0:f}"
