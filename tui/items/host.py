"""Where a verb is used, and how a change is made there: one store call away from the screen, and what came of it said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from textual.screen import ModalScreen

from linking import standing
from store.crm import items
from store.crm.item_edits import BadItem
from store.crm.items import ItemCard, ItemRef
from store.database import Database
from store.rows import ActionRow
from store.settings import Settings
from tui.bridge import in_store
from tui.content import line

T = TypeVar("T")
SHARE_EARLIER = ", v e"
"""What shares the conversations of an item, in the mail and on its page."""
Change = Callable[[], ActionRow]


class Host(Protocol):
    """The screen that the user is at: it shows dialogs and what came of them."""

    @property
    def db(self) -> Database:
        """The store."""

    @property
    def settings(self) -> Settings:
        """The user's settings."""

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Show a dialog and return its answer, None when it was dismissed."""

    def say(self, text: str, *, can_undo: bool = False) -> None:
        """Say what was done."""

    def warn(self, text: str) -> None:
        """Say that something went wrong."""


async def do(host: Host, item: ItemRef | None, change: Change) -> ActionRow | None:
    """Make a change and say what came of it; None when it was refused. `item` is what must be the user's to change."""
    try:
        done = await in_store(permitted, host.db, item, change)
    except BadItem as error:
        host.warn(f"Not done: {line(str(error))}")
        return None
    tell(host, done)
    return done


def permitted(db: Database, item: ItemRef | None, change: Change) -> ActionRow:
    """Make a change to an item if the user may. Raises BadItem with the reason."""
    refusal = None if item is None else standing.refusal_to_edit(db.read(), item)
    if refusal is not None:
        raise BadItem("", refusal)
    return change()


def tell(host: Host, done: ActionRow) -> None:
    """Say what was done, and what is odd about it."""
    if done.warning:
        host.warn(f"{line(done.title)}, but {line(done.warning)}")
    else:
        hint = f". {line(done.hint).capitalize()}: {SHARE_EARLIER}" if done.hint else ""
        host.say(f"{line(done.title)}{hint}", can_undo=bool(done.id))


async def card_of(host: Host, item: ItemRef) -> ItemCard | None:
    """Return the item as it is now; where there is none, say so."""
    card = await in_store(items.get, host.db, item)
    if card is None:
        host.warn(f"There is no such {item.kind.value} any more")
    return card
