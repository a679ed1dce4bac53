"""The link picker: type a part of a title, person or company; open items come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from store.crm.item_search import ItemSearch
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links.panel import Suggestion
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, shorten
from tui.screens.dialog import Dialog
from tui.widgets.crm_lines import money

_SHOWN = 30
_SHORT = {"organization": "org."}
_KIND, _STATE, _VALUE = 8, 12, 14
_WITH_VALUE, _WITH_STATE = 56, 84
"""Cells of a line from which on it has these columns."""


class LinkPicker(Dialog[ItemCard]):
    """A line to type in over a list of items. Enter takes the highlighted one, Esc leaves everything as it is."""

    BINDINGS = [
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

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
        super().__init__()
        self._look = ItemSearch(db, kinds=kinds, first=first)
        self._subject = subject
        self._linked = linked
        self._offered = tuple(offered)
        self._kinds = tuple(kinds)
        self._reasons = {each.item.ref: each.reason for each in offered}
        self._found: tuple[ItemCard, ...] = ()
        self._words: str | None = None  # what was typed when `_found` was looked for

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._subject)
            if self._linked is not None:
                yield Static(Content.assemble("in place of ", (line(self._linked.title), "bold")))
            kinds = ", ".join(kind.value for kind in self._kinds)
            typed = Input(placeholder=f"{kinds}: title, person or company")
            typed.cursor_blink = False
            yield typed
            options = OptionList(markup=False)
            options.can_focus = False
            yield options

    def on_mount(self) -> None:
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._search(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value != self._words:  # typed ahead of the list: take the first of what was typed
            await self._show(event.value)
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.dismiss(self._found[index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index])

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._found:
            options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._found) - 1))

    @work(exclusive=True)
    async def _search(self, words: str) -> None:
        await self._show(words)

    async def _show(self, words: str) -> None:
        found = await in_store(self._look.find, words, _SHOWN)
        if not words.strip():
            offered = tuple(each.item for each in self._offered)
            found = (*offered, *(item for item in found if item.ref not in self._reasons))
        self._found, self._words = found, words
        options = self.query_one(OptionList)
        options.clear_options()
        if found:
            options.add_options([Option(self._line(item)) for item in found])
        else:
            options.add_option(Option(Content("nothing found"), disabled=True))
        options.highlighted = 0 if found else None

    def on_resize(self) -> None:
        for index, item in enumerate(self._found):
            self.query_one(OptionList).replace_option_prompt_at_index(index, self._line(item))

    def _line(self, item: ItemCard) -> Content:
        reason = self._reasons.get(item.ref, "") if not (self._words or "").strip() else ""
        return label(item, self.row_cells, reason)


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
