"""Planning what is to be done about an item, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from store.crm import activities, item_forms, users
from store.crm.activities import ActivityRow
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemRef
from store.database import Database
from store.rows import ActionRow
from tui.bridge import in_store
from tui.content import line
from tui.items.adding import written
from tui.items.host import Change, Host, card_of, do, permitted, tell
from tui.screens import activity_form, form_journal
from tui.screens.item_form import ItemForm
from tui.screens.item_form_kinds import Filled


async def add_activity(host: Host, item: ItemRef, *, subject: str = "") -> ActionRow | None:
    """Let the user plan something about an item: what, when in words, how long, by whom."""
    card = await card_of(host, item)
    if card is None:
        return None
    facts = await in_store(item_forms.facts, host.db, PageKind.ACTIVITY)

    async def save(filled: Filled) -> ActionRow:
        values = _values(filled)
        about = values.pop("subject")
        return await in_store(partial(activities.add, host.db, item, about, **values))

    about_item = await in_store(item_forms.facts, host.db, PageKind(item.kind.value), item.id)
    owner = str(about_item.values.get("owner_id") or facts.me)  # who answers for the item does it (M98)
    fields = activity_form.fields(facts.users, owner, subject=subject)
    journal = await form_journal.opened(host.db, f"new activity about {PageRef.of(item).address}")
    write = partial(written, host, journal)
    done = await host.ask(
        ItemForm(f"Activity about {line(card.title)}", fields, save, write=write, journal=journal)
    )
    if done is not None:
        tell(host, done)
    return done


async def edit_activity(host: Host, activity_id: str) -> ActionRow | None:
    """Let the user change an activity."""
    activity: ActivityRow | None = await in_store(activities.get, host.db, activity_id)
    if activity is None:
        host.warn("There is no such activity any more")
        return None
    facts = await in_store(item_forms.facts, host.db, PageKind.ACTIVITY)
    item = None if activity.responsible_id in ("", facts.me) else activity.item

    async def save(filled: Filled) -> ActionRow:
        change = partial(activities.edit, host.db, activity_id, _values(filled))
        return await in_store(permitted, host.db, item, change)

    fields = activity_form.fields(facts.users, facts.me, activity)
    journal = await form_journal.opened(host.db, f"edit activity:{activity_id}")
    write = partial(written, host, journal)
    title = f"Activity: {line(activity.subject)}"
    done = await host.ask(ItemForm(title, fields, save, write=write, is_edit=True, journal=journal))
    if done is not None:
        tell(host, done)
    return done


async def done_or_not(host: Host, activity_id: str, *, is_done: bool) -> ActionRow | None:
    """Mark an activity done, or to be done again."""
    return await change(host, activity_id, partial(activities.done, host.db, activity_id, is_done))


async def change(host: Host, activity_id: str, change: Change) -> ActionRow | None:
    """Make a change to an activity: one's own or nobody's, or one about an item that one may change."""
    return await do(host, await in_store(_whose, host.db, activity_id), change)


def _whose(db: Database, activity_id: str) -> ItemRef | None:
    activity = activities.get(db, activity_id)
    is_own = activity is None or activity.responsible_id in ("", users.me(db.read()).id)
    return None if is_own or activity is None else activity.item


def _values(filled: Filled) -> dict[str, Any]:
    """Return what the store keeps; what is empty stays as it is by default."""
    values: Mapping[str, object] = filled
    return {
        name: "" if value is None and name in ("note", "responsible_id") else value
        for name, value in values.items()
    }
