"""The link picker: type a part of a title, person or company; open items come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from store.crm.item_search import ItemSearch
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links.panel import Suggestion
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, shorten
from tui.screens.lookup import Found, Lookup
from tui.widgets.crm_lines import money

_SHOWN = 30
_SHORT = {"organization": "org."}
_KIND, _STATE, _VALUE = 8, 12, 14
_WITH_VALUE, _WITH_STATE = 56, 84
"""Cells of a line from which on it has these columns."""


class LinkPicker(Lookup[ItemCard, ItemCard]):
    """A line to type in over a list of items. Enter takes the highlighted one, Esc leaves everything as it is."""

    def __init__(
        self,
        db: Database,
        subject: Content,
        linked: ItemCard | None,
        offered: Sequence[Suggestion] = (),
        *,
        kinds: Sequence[ItemKind] = tuple(ItemKind),
        first: Callable[[], Sequence[ItemRef]] = tuple,
    ) -> None:
        """`linked` is what would be replaced; `offered` are shown while nothing is typed, with their reasons.

        Others are of `kinds`; of those that fit, the ones that `first` returns come first: asked in the store's thread.
        """
        headings = [subject]
        if linked is not None:
            headings.append(Content.assemble("in place of ", (line(linked.title), "bold")))
        super().__init__(headings, f"{', '.join(kind.value for kind in kinds)}: title, person or company")
        self._items = ItemSearch(db, kinds=kinds, first=first)
        self._offered = tuple(offered)
        self._reasons = {each.item.ref: each.reason for each in offered}

    async def look(self, words: str) -> Found[ItemCard]:
        found = await in_store(self._items.find, words, _SHOWN)
        if words.strip():
            return Found(found)
        offered = tuple(each.item for each in self._offered)
        return Found((*offered, *(item for item in found if item.ref not in self._reasons)))

    def label(self, row: ItemCard, words: str) -> Content:
        return label(row, self.row_cells, "" if words.strip() else self._reasons.get(row.ref, ""))

    def answer(self, row: ItemCard) -> ItemCard:
        return row


def label(item: ItemCard, cells: int, reason: str = "") -> Content:
    """Return an item as one line of columns: kind, title, whose it is or why it is offered, where it stands, its value."""
    state = line(item.stage) if item.is_open else line(item.status)
    value = money(item.value, item.currency) if item.value is not None else ""
    if cells < _WITH_STATE and not item.is_open:
        value = state
    tail = f" {_column(state, _STATE)}" if cells >= _WITH_STATE else ""
    tail += f" {shorten(value, _VALUE):>{_VALUE}}" if cells >= _WITH_VALUE else ""
    left = cells - _KIND - len(tail) - 1
    title = _column(line(item.title), left * 3 // 5)
    whose = line(reason) or ", ".join(_whose(item))
    return Content.assemble(
        (f"{_SHORT.get(item.kind.value, item.kind.value):<{_KIND}}", "dim"),
        (title, "bold" if item.is_open else ""),
        (f" {_column(whose, left - left * 3 // 5)}{tail}", "dim"),
    )


def _whose(item: ItemCard) -> list[str]:
    """Return the names of person and organization, without the item's own."""
    names = dict.fromkeys((line(item.person), line(item.organization)))
    return [name for name in names if name and name != line(item.title)]


def _column(text: str, cells: int) -> str:
    return fit(shorten(text, cells), cells)
