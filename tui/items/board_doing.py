"""What is done with the card under the cursor of the board, and with the board itself: the verbs of tui.items.verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.content import Content

from store.crm import item_states
from store.crm.item_refs import PageKind
from store.crm.items import ItemRef
from store.crm.stages import COLUMN, word
from tui.content import line
from tui.items import adding, planning, verbs
from tui.items.host import do
from tui.screens.item_form_kinds import Start
from tui.screens.pick import Choice, Picker

if TYPE_CHECKING:
    from tui.items.host import Host
    from tui.screens.board import Board

_VERBS: Final[dict[str, Callable[[Host, ItemRef], Awaitable[object]]]] = {
    "won": verbs.win_or_complete,
    "lost": verbs.lose_or_cancel,
    "edit": adding.edit,
    "note": verbs.add_note,
    "activity": planning.add_activity,
    "owner": verbs.assign,
    "stage": verbs.set_stage,
    "labels": verbs.set_labels,
}


async def verb(board: Board, name: str) -> None:
    """Do one thing with the card under the cursor."""
    card = board.view.current
    if card is None:
        board.say("Nothing stands here")
    else:
        await _VERBS[name](board, card.ref)


async def shift(board: Board, step: int) -> None:
    """Move the card to the stage beside it; the cursor goes with it."""
    card, shown = board.view.current, board.view.board
    if card is None or shown is None:
        board.say("Nothing stands here")
        return
    at = board.view.column + step
    if not 0 <= at < len(shown.columns) or not shown.columns[at].stage.id:
        board.say(f"There is no {word(card.ref.kind)} {'before' if step < 0 else 'after'} this one")
        return
    stage_id = shown.columns[at].stage.id
    await do(board, card.ref, partial(item_states.set_stage, board.db, card.ref, stage_id))


async def new(board: Board) -> None:
    """Let the user make an item that stands in the cursor's stage."""
    stage = board.view.stage
    if board.pipeline is None or stage is None:
        return
    kind = board.pipeline.kind
    start = Start(details={COLUMN[kind]: stage.stage.id}) if stage.stage.id else Start()
    made = await adding.create(board, PageKind(kind.value), start)
    if made is not None:
        await board.read()
        board.view.go_to(made.ref.id)


async def pick_pipeline(board: Board) -> None:
    """Let the user pick another pipeline, or the projects."""
    if len(board.pipelines) < 2:
        board.say("There is only one pipeline")
        return
    choices = [
        Choice(each, Content(line(each.name)), each.name, right="now" if each == board.pipeline else "")
        for each in board.pipelines
    ]
    picked = await board.ask(Picker("Pipeline", choices))
    if picked is not None:
        board.pipeline = picked
