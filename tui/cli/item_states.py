"""dealbox item won, lost, stage ..., note and activity: what the keys do with items, for scripts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from linking import standing
from mail.text import safe_block
from store.crm import activities, item_forms, item_merges, item_states, notes
from store.crm.item_refs import PageKind
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow
from tui.cli.items import item_named, refused, tell
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened
from tui.screens.item_form_fields import BadField, Field, How, Named, Value, read

_LONGEST_NOTE: Final = 400_000
_STEP_WORDS: Final = {ItemKind.DEAL: "stage", ItemKind.PROJECT: "phase"}


def won(options: argparse.Namespace) -> int:
    """Mark a deal won, or a project completed."""

    def win(db: Database, item: ItemRef) -> ActionRow:
        return (item_states.complete if item.kind is ItemKind.PROJECT else item_states.win)(db, item)

    return _state(options, win)


def lost(options: argparse.Namespace) -> int:
    """Mark a deal lost, or a project canceled."""
    reason = options.reason or ""

    def lose(db: Database, item: ItemRef) -> ActionRow:
        if item.kind is ItemKind.PROJECT:
            return item_states.cancel(db, item)
        return item_states.lose(db, item, reason)

    return _state(options, lose)


def stage(options: argparse.Namespace) -> int:
    """Move a deal to another stage, or a project to another phase."""

    def move(db: Database, item: ItemRef) -> ActionRow:
        word = _STEP_WORDS.get(item.kind)
        if word is None:
            raise BadUse(f"a {item.kind.value} has no stages")
        steps = tuple(Named(*each) for each in item_forms.steps(db, PageKind(item.kind.value)))
        wanted = _read(
            Field("step", word.title(), How.CHOICE, choices=steps, is_required=True), options.stage
        )
        return item_states.set_stage(db, item, str(wanted))

    return _state(options, move)


def reopen(options: argparse.Namespace) -> int:
    """Let a closed item be open again."""
    return _state(options, item_states.reopen)


def archive(options: argparse.Namespace) -> int:
    """Put an item aside."""
    return _state(options, item_states.archive)


def delete(options: argparse.Namespace) -> int:
    """Delete an item."""
    return _state(options, item_states.delete)


def restore(options: argparse.Namespace) -> int:
    """Bring a deleted item back."""
    return _state(options, item_states.restore)


def convert(options: argparse.Namespace) -> int:
    """Make a deal of a lead, and print where it is."""
    with opened(options) as db:
        lead = _may_change(db, options.item)
        deal, done = refused(item_merges.convert, db, lead)
        say(f"deal:{deal.id}")
        tell(done, on=note)
    return 0


def merge(options: argparse.Namespace) -> int:
    """Let an item go into another."""
    with opened(options) as db:
        merged, kept = _may_change(db, options.item), _may_change(db, options.into)
        tell(refused(item_merges.merge, db, kept, merged))
    return 0


def write_note(options: argparse.Namespace) -> int:
    """Write a note about an item."""
    text = sys.stdin.read(_LONGEST_NOTE) if options.text == "-" else options.text
    with opened(options) as db:
        tell(refused(notes.add, db, item_named(db, options.item), safe_block(text)))
    return 0


def plan(options: argparse.Namespace) -> int:
    """Plan an activity about an item."""
    due = _read(Field("due_at", "Due", How.MOMENT), options.due or "")
    minutes = _read(Field("duration_min", "Duration", How.MINUTES), options.takes or "")
    with opened(options) as db:
        add = partial(
            activities.add,
            type=options.type,
            due_at=due if isinstance(due, int) else None,
            duration_min=minutes if isinstance(minutes, int) else None,
            note=options.note or "",
        )
        tell(refused(add, db, item_named(db, options.item), options.subject))
    return 0


def _read(field: Field, text: str) -> Value:
    try:
        return read(field, text, datetime.now().astimezone())
    except BadField as error:
        raise BadUse(str(error)) from error


def _may_change(db: Database, text: str) -> ItemRef:
    """Return an item that is the user's to change. Raises BadUse and Failed."""
    item = item_named(db, text)
    refusal = standing.refusal_to_edit(db.read(), item)
    if refusal is not None:
        raise Failed(refusal)
    return item


def _state(options: argparse.Namespace, become: Callable[[Database, ItemRef], ActionRow]) -> int:
    with opened(options) as db:
        item = _may_change(db, options.item)
        tell(refused(become, db, item))
    return 0
