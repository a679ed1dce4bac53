"""dealbox link and unlink."""

from __future__ import annotations

import argparse
from typing import Final

from linking import saving, service
from mail.types import ThreadId
from store.crm import items
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened, thread_id

_LONGEST_ID: Final = 18
_MOST_ALIKE: Final = 200
"""So many items are looked at for a title: beyond it, no one knows which is meant anyway."""


def link(options: argparse.Namespace) -> int:
    """Link a conversation to an item."""
    with opened(options) as db:
        try:
            link_it = saving.save if options.plan else service.link
            done = link_it(db, _conversation(db, options.id), _item(db, options.item))
            say(done.title)
            if done.hint:
                note(f"{done.hint}: dealbox share")
        except service.CannotLink as error:
            raise Failed(str(error)) from error
    return 0


def unlink(options: argparse.Namespace) -> int:
    """Unlink a conversation."""
    with opened(options) as db:
        try:
            say(service.unlink(db, _conversation(db, options.id)).title)
        except service.CannotLink as error:
            raise Failed(str(error)) from error
    return 0


def _conversation(db: Database, text: str) -> ThreadId:
    """Return the conversation with an id. Raises BadUse, of one message with what to do instead (M10)."""
    try:
        return thread_id(db, text)
    except BadUse as error:
        if text.isdecimal() and (said := links.of_one_message(db.read(), int(text[:_LONGEST_ID]))):
            raise BadUse(said) from error
        raise


def _item(db: Database, text: str) -> ItemRef:
    """Return the item that `deal:12` means, or the one deal, lead or project of that title. Raises BadUse."""
    if (found := items.find(db, text)) is not None:
        return found
    wanted = " ".join(text.split()).casefold()
    kinds = [kind for kind in ItemKind if kind.fills_the_slot]
    called = [
        card for card in items.search(db, text, _MOST_ALIKE, kinds=kinds) if card.title.casefold() == wanted
    ]
    if len(called) == 1:
        return ItemRef(called[0].kind, called[0].id)
    if not called:
        raise BadUse(f"there is no item {text!r}: say deal:12, lead:3, project:1 or a title as it is written")
    choices = ", ".join(
        f"{card.kind.value}:{card.external_ref or card.id} ({card.status})" for card in called
    )
    raise BadUse(f"{len(called)} items are called {text!r}: say one of {choices}")
