"""dealbox share: who sees conversations, one by its id or those of an item."""

from __future__ import annotations

import argparse

from linking import service
from linking.standing import named
from mail.text import safe_line
from mail.types import ThreadId
from store import threads
from store.database import Database
from tui.cli.items import item_named
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened, thread_id
from tui.format import plural


def share(options: argparse.Namespace) -> int:
    """Let a conversation be seen by whom was said; of an item, share those that more people would see by it."""
    with opened(options) as db:
        if not options.what.isdecimal() and threads.by_uuid(db, options.what) is None:
            return _of_item(db, options)
        thread = thread_id(db, options.what)
        if options.dry_run:
            told = service.sharing_change(db, thread) if options.to == "shared" else None
            say(told or "Nobody else would see it by that.")
            return 0
        _carry_out(db, (thread,), options.to)
    return 0


def _of_item(db: Database, options: argparse.Namespace) -> int:
    if options.to != "shared":
        raise BadUse("the conversations of an item can only be shared; say which ID is to be private or team")
    offer = service.shareable(db, (item_named(db, options.what),))
    if not offer.thread_ids:
        note("No private conversation of it would be seen by others if it were shared.")
        return 0
    count, names = plural(len(offer.thread_ids), "conversation"), safe_line(named(offer.names))
    if options.dry_run:
        say(f"{count} can be shared: {names} would see {'it' if len(offer.thread_ids) == 1 else 'them'}")
        return 0
    _carry_out(db, offer.thread_ids, "shared")
    note(f"{names} may see what {'it is' if len(offer.thread_ids) == 1 else 'they are'} linked to.")
    return 0


def _carry_out(db: Database, thread_ids: tuple[ThreadId, ...], to: service.Visibility) -> None:
    try:
        say(f"{service.set_visibility_all(db, thread_ids, to).title}.")
    except service.CannotLink as error:
        raise Failed(str(error)) from error
