"""The pipeline: stages as columns, deals as cards that are moved, won, lost and opened from the keyboard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from textual import on
from textual.app import ComposeResult

from store.crm import board
from store.crm.board import Pipeline
from store.crm.items import ItemKind
from store.database import Database
from tui.bridge import in_store
from tui.content import line
from tui.format import count, plural
from tui.items import worklist_keys
from tui.screens.worklist import Worklist
from tui.widgets import board_cells
from tui.widgets.bar import Bar, Piece
from tui.widgets.board_view import BoardView

if TYPE_CHECKING:
    from tui.items.host import Host
    from tui.widgets.prompt import Prompt


class Choices(NamedTuple):
    """What the user chose to see: remembered until dealbox is left."""

    pipeline: Pipeline | None = None
    is_mine: bool = False


_chosen: WeakKeyDictionary[Database, Choices] = WeakKeyDictionary()


class Board(Worklist):
    """One pipeline of deals, or one board of projects."""

    KEYS = worklist_keys.BOARD
    TITLE_OF_HELP = "Keys of the pipeline"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.view = BoardView(glyphs=self.glyphs)
        self.pipelines: tuple[Pipeline, ...] = ()
        self.pipeline, self.is_mine = _chosen.get(host.db, Choices())
        self.words = ""
        self._totals = Bar(id="board-totals")
        self._prompt: Prompt | None = None

    def compose(self) -> ComposeResult:
        yield from (self.top, self.view, self._totals, self.status)

    # -- reading

    async def read(self) -> None:
        self.pipelines = await in_store(board.pipelines, self.db)
        if self.pipeline not in self.pipelines:
            self.pipeline = self.pipelines[0] if self.pipelines else None
        if self.pipeline is None:
            return
        _chosen[self.db] = Choices(self.pipeline, self.is_mine)
        wanted = (self.pipeline, self.is_mine, self.words)
        shown = await in_store(
            partial(board.read, self.db, self.pipeline, is_mine=self.is_mine, words=self.words)
        )
        if self.is_attached and wanted == (self.pipeline, self.is_mine, self.words):
            self.view.show(shown)

    def update_frame(self) -> None:
        shown, stage = self.view.board, self.view.stage
        if shown is None or self.pipeline is None:
            self.top.show((Piece(" There is no pipeline yet", "title"),))
            return
        noun = shown.pipeline.kind.value
        told = [self.pipeline.name, plural(shown.count, noun)]
        told += ["mine"] if self.is_mine else []
        told += [f'"{self.words}"'] if self.words else []
        position = ""
        if stage is not None and stage.item_ids:
            position = f" {count(self.view.row + 1)}/{count(len(stage.item_ids))} "
        self.top.show((Piece(f" {line('  '.join(told))}", "title"),), (Piece(position, "dim"),))
        totals, weighted = board.total(shown.columns)
        room = max(self.size.width // 2 - 10, 10)
        left = (Piece(f" {board_cells.amounts(totals, room) or 'no values'}", "title"),)
        likely = board_cells.amounts(weighted, room)
        is_weighted = shown.pipeline.kind is ItemKind.DEAL and likely
        self._totals.show(left, (Piece(f"likely {likely} ", "dim"),) if is_weighted else ())

    @on(BoardView.CursorMoved)
    def _on_cursor_moved(self) -> None:
        self.update_frame()

    # -- moving the cursor

    def action_turn(self, step: int) -> None:
        self.view.turn(step)

    def action_move(self, rows: int) -> None:
        self.view.move(rows)

    def action_page(self, pages: float) -> None:
        self.view.page(pages)

    def action_top(self) -> None:
        self.view.top()

    def action_bottom(self) -> None:
        self.view.bottom()

    # -- what is done with the card under the cursor

    def action_shift(self, step: int) -> None:
        from tui.items import board_doing

        self.run(partial(board_doing.shift, self, step))

    def action_verb(self, name: str) -> None:
        from tui.items import board_doing

        self.run(partial(board_doing.verb, self, name))

    def action_new(self) -> None:
        from tui.items import board_doing

        self.run(partial(board_doing.new, self))

    def action_pipeline(self) -> None:
        from tui.items import board_doing

        self.run(partial(board_doing.pick_pipeline, self))

    def action_open(self) -> None:
        from tui.screens.item import ItemPage

        card = self.view.current
        if card is None:
            self.say("Nothing stands here")
        else:
            self.app.push_screen(ItemPage(self, card.ref))

    @on(BoardView.Opened)
    def _on_opened(self) -> None:
        self.action_open()

    def action_copy(self) -> None:
        card = self.view.current
        if card is not None:
            address = f"{card.ref.kind.value}:{card.ref.id}"
            self.app.copy_to_clipboard(address)
            self.say(f"Copied {address}")

    # -- what is shown

    def action_mine(self) -> None:
        self.is_mine = not self.is_mine
        self.run(self._nothing_more)

    async def _nothing_more(self) -> None:
        """Let what is shown be read again."""

    def action_narrow(self) -> None:
        self.run_worker(self._narrow(), group="prompt", exclusive=True)

    async def _narrow(self) -> None:
        from tui.widgets.prompt import Asked, Prompt

        if self._prompt is None:
            self._prompt = Prompt()
            await self.mount(self._prompt)
        text = await self._prompt.ask(Asked.FILTER, self.words, typed=self._typed)
        self.set_focus(None)
        self._typed(text or "")

    def _typed(self, text: str) -> None:
        if text.strip() != self.words:
            self.words = text.strip()
            self.run(self._nothing_more)

    @property
    def is_typing(self) -> bool:
        """Whether keys are text now."""
        return self._prompt is not None and self._prompt.display
