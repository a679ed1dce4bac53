"""Keys and forms of items in tests of the screen: what a user does with a conversation's item."""

from __future__ import annotations

import crm_rows
from screens import settled
from textual.pilot import Pilot
from textual.widgets import Input

from linking import service
from mail.types import ThreadId
from store.crm import item_forms
from store.crm.item_forms import FormFacts
from store.crm.item_refs import PageRef
from store.crm.items import ItemCard, ItemRef
from store.database import Database
from store.links import panel
from tui.app import DealboxApp
from tui.widgets.compose_body import ComposeBody


def item_of(db: Database, thread_id: ThreadId) -> ItemCard | None:
    """Return what a conversation is linked to."""
    return panel.for_thread(db, thread_id).item


def the_item(db: Database, thread_id: ThreadId) -> ItemCard:
    """Return what a conversation is linked to, which there has to be."""
    item = item_of(db, thread_id)
    assert item is not None
    return item


def facts_of(db: Database, item: ItemRef) -> FormFacts:
    """Return everything an item says."""
    return item_forms.facts(db, PageRef.of(item).kind, item.id)


def linked(db: Database, thread_id: ThreadId, person: str | None = None, title: str = "Renewal") -> ItemRef:
    """Link a conversation to a deal and return that."""
    deal = crm_rows.a_deal(db, title, person)
    service.link(db, thread_id, deal)
    return deal


async def quiet(pilot: Pilot[int]) -> None:
    """Wait until what a key began has come as far as it can without another."""
    await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys and wait for what they began."""
    for key in keys:
        await pilot.press(key)
    await quiet(pilot)


async def commands(app: DealboxApp, pilot: Pilot[int], *keys: str) -> None:
    """Press the keys of a command that asks nothing more, and wait until it is done."""
    await press(pilot, *keys)
    await settled(app, pilot)


async def types(app: DealboxApp, pilot: Pilot[int], field: str, words: str) -> None:
    """Fill a field of the form, as if it had been typed."""
    app.screen.query_one(f"#field-{field}", Input).value = words
    await quiet(pilot)


def typed(app: DealboxApp, field: str) -> str:
    """Return what a field of the form says."""
    return app.screen.query_one(f"#field-{field}", Input).value


async def saves(app: DealboxApp, pilot: Pilot[int]) -> None:
    """Save the form, and wait until the screen shows what is new."""
    await press(pilot, "ctrl+x")
    if app.screen is app.mail:
        await settled(app, pilot)


async def writes(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    """Write a note."""
    app.screen.query_one(ComposeBody).take(words)
    await quiet(pilot)
