"""The pipeline board: stages side by side, cards drawn line by line from pages, however many there are."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from store.crm.board import Board, Card, Column
from store.crm.items import ItemKind
from tui.content import line
from tui.format import fit
from tui.glyphs import UNICODE, Glyphs
from tui.widgets import board_cells
from tui.widgets.board_cells import CARD_LINES, HEAD_LINES, Part, Plan, Words
from tui.widgets.pane import Drawn

_AIRY = 30
"""Rows from which on a blank line stands between cards."""
_DRAWN_FOR_S = 60


class BoardView(Drawn, can_focus=True):
    """The cursor stands on a card; every stage remembers the row it was left on."""

    COMPONENT_CLASSES = {"board--cursor", *(f"board--{part.value}" for part in Part if part.value)}

    class Opened(Message):
        """Two clicks on the card under the cursor."""

    class CursorMoved(Message):
        """The cursor stands on another card."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.board: Board | None = None
        self.column = 0
        self._first_column = 0
        self._rows: dict[str, int] = {}
        self._firsts: dict[str, int] = {}
        self._glyphs = glyphs
        self._now = now
        self._drawn: LRUCache[tuple[object, ...], tuple[tuple[Words, ...], ...]] = LRUCache(512)

    # -- what it shows

    def show(self, board: Board) -> None:
        """Show a board; the cursor stays on its card, also when that stands elsewhere now, else on its place."""
        if self.board is None:
            self.column = next((at for at, column in enumerate(board.columns) if column.item_ids), 0)
        before, self.board = self.current, board
        place = board.find(before.ref.id) if before is not None else None
        if place is not None:
            self._put(*place)
        self.column = max(0, min(self.column, len(board.columns) - 1))
        self.fit()
        self.refresh()
        self.post_message(self.CursorMoved())

    def go_to(self, item_id: str) -> bool:
        """Put the cursor on the card of an item; False when the board does not have it."""
        place = self.board.find(item_id) if self.board is not None else None
        if place is None:
            return False
        self._put(*place)
        self._moved()
        return True

    @property
    def stage(self) -> Column | None:
        """The column of the cursor."""
        columns = self.board.columns if self.board is not None else ()
        return columns[self.column] if self.column < len(columns) else None

    @property
    def row(self) -> int:
        """The row of the cursor in its column."""
        return self._row_of(self.stage)

    @property
    def current(self) -> Card | None:
        """The card under the cursor."""
        return self.board.card(self.column, self.row) if self.board is not None else None

    def _row_of(self, column: Column | None) -> int:
        if column is None:
            return 0
        return max(0, min(self._rows.get(column.stage.id, 0), len(column.item_ids) - 1))

    def _put(self, column: int, row: int) -> None:
        self.column = column
        if self.stage is not None:
            self._rows[self.stage.stage.id] = row

    # -- moving

    def turn(self, step: int) -> None:
        """Go to a column beside this one."""
        last = len(self.board.columns) - 1 if self.board is not None else 0
        column = max(0, min(self.column + step, last))
        if column != self.column:
            self.column = column
            self._moved()

    def move(self, rows: int) -> None:
        """Go down by `rows`."""
        stage = self.stage
        if stage is None:
            return
        row = max(0, min(self.row + rows, len(stage.item_ids) - 1))
        if row == self.row:
            return
        old, self._rows[stage.stage.id] = self.row, row
        before = self._firsts.get(stage.stage.id, 0)
        self.fit()
        if before == self._firsts.get(stage.stage.id, 0):
            self.refresh(self._region(old), self._region(row))
        else:
            self.refresh()
        self.post_message(self.CursorMoved())

    def page(self, pages: float) -> None:
        """Go down by a part of what is visible."""
        self.move(round(pages * self.visible_cards) or (1 if pages > 0 else -1))

    def top(self) -> None:
        """Go to the first card of the column."""
        self.move(-self.row)

    def bottom(self) -> None:
        """Go to the last card of the column."""
        if self.stage is not None:
            self.move(len(self.stage.item_ids))

    def _moved(self) -> None:
        self.fit()
        self.refresh()
        self.post_message(self.CursorMoved())

    # -- layout

    @property
    def _lines(self) -> int:
        return CARD_LINES + (self.size.height >= _AIRY)

    @property
    def visible_cards(self) -> int:
        """How many whole cards fit below each other."""
        return max(1, (self.size.height - HEAD_LINES) // self._lines)

    @property
    def plan(self) -> Plan:
        """Which columns are on screen."""
        columns = len(self.board.columns) if self.board is not None else 0
        return board_cells.plan(self.size.width, columns, self.column, self._first_column)

    def fit(self) -> None:
        self._first_column = self.plan.first
        for column in self.board.columns if self.board is not None else ():
            row, key, last = self._row_of(column), column.stage.id, len(column.item_ids) - self.visible_cards
            first = min(self._firsts.get(key, 0), row, max(0, last))
            self._firsts[key] = max(first, row - self.visible_cards + 1, 0)

    def _region(self, row: int) -> Region:
        stage, plan = self.stage, self.plan
        first = self._firsts.get(stage.stage.id, 0) if stage is not None else 0
        y = HEAD_LINES + (row - first) * self._lines
        return Region(plan.start(self.column), y, plan.cells, CARD_LINES)

    # -- drawing

    def render_line(self, y: int) -> Strip:
        style, width = self.rich_style, self.size.width
        if self.board is None or not self.board.columns:
            text = "There is no stage in this pipeline." if self.board is not None and y == 1 else ""
            return Strip([Segment(f" {text}", style)]).adjust_cell_length(width, style)
        plan, columns = self.plan, self.board.columns
        segments: list[Segment] = []
        if plan.left:
            segments.append(self._edge(columns[: plan.first], y, is_left=True))
        for number in plan.columns:
            if number > plan.first:
                segments.append(Segment(self._glyphs.vertical, self._style(Part.DIM)))
            segments += self._column(number, y, plan.cells)
        strip = Strip(segments)
        if plan.right:
            strip = strip.adjust_cell_length(width - plan.right, style)
            segment = self._edge(columns[plan.first + plan.shown :], y, is_left=False)
            strip = Strip.join([strip, Strip([segment])])
        return strip.adjust_cell_length(width, style)

    def _edge(self, columns: tuple[Column, ...], y: int, *, is_left: bool) -> Segment:
        kind = self.board.pipeline.kind if self.board is not None else ItemKind.DEAL
        texts = board_cells.edge(columns, kind, is_left=is_left)
        text = texts[y] if y < len(texts) else ""
        return Segment(
            fit(line(text) if not is_left else text, board_cells.EDGE_CELLS), self._style(Part.DIM)
        )

    def _column(self, number: int, y: int, cells: int) -> list[Segment]:
        assert self.board is not None
        column = self.board.columns[number]
        is_current = number == self.column
        if y < HEAD_LINES - 1:
            words = board_cells.head(column, cells, is_current=is_current, sign=self._glyphs.focus)[y]
            return [Segment(words.text, self._style(words.part))]
        if y == HEAD_LINES - 1:
            return [Segment(self._glyphs.horizontal * cells, self._style(Part.DIM))]
        at, part = divmod(y - HEAD_LINES, self._lines)
        row = self._firsts.get(column.stage.id, 0) + at
        card = self.board.card(number, row)
        if card is None or part == CARD_LINES:
            return [Segment(" " * cells, self.rich_style)]
        is_cursor = is_current and row == self.row
        return self._card(card, part, cells, is_cursor=is_cursor)

    def _card(self, card: Card, part: int, cells: int, *, is_cursor: bool) -> list[Segment]:
        pieces = self._pieces(card, cells)[part]
        sign = ">" if is_cursor and part == 0 else " "
        segments = [Segment(piece.text, self._style(piece.part)) for piece in (Words(sign), *pieces)]
        if is_cursor:
            cursor = self.get_component_rich_style("board--cursor", partial=True)
            segments = [Segment(text, (style or Style()) + cursor) for text, style, _ in segments]
        return segments

    def _pieces(self, card: Card, cells: int) -> tuple[tuple[Words, ...], ...]:
        now = int(self._now())
        has_owner = self.board is not None and not self.board.is_mine
        key = (card, cells, has_owner, now // _DRAWN_FOR_S)
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._drawn[key] = board_cells.card(card, cells, now, has_owner=has_owner)
        return drawn

    def _style(self, part: Part) -> Style:
        if not part.value:
            return self.rich_style
        return self.rich_style + self.get_component_rich_style(f"board--{part.value}", partial=True)

    # -- the mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_click(self, event: events.Click) -> None:
        plan = self.plan
        if event.x < plan.left:
            self.turn(-1)
            return
        number = plan.first + (event.x - plan.left) // (plan.cells + 1)
        if number >= plan.first + plan.shown:
            self.turn(1)
            return
        self.column = number
        stage = self.stage
        if stage is not None and event.y >= HEAD_LINES:
            row = self._firsts.get(stage.stage.id, 0) + (event.y - HEAD_LINES) // self._lines
            if row < len(stage.item_ids):
                self._rows[stage.stage.id] = row
        self._moved()
        if event.chain > 1 and self.current is not None:
            self.post_message(self.Opened())
