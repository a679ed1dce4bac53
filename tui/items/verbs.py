"""What is done with an item from anywhere: from the mail, its page, the board. Each verb asks, makes one change, and says it.

A verb answers with the action, None when nothing was done; whoever called it then shows what is new.
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from textual.content import Content

from store.crm import item_forms, item_merges, item_states, labels, notes
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemKind, ItemRef
from store.crm.notes import NoteRow
from store.rows import ActionRow
from tui.bridge import in_store
from tui.content import line
from tui.format import plural
from tui.items.adding import convert as convert
from tui.items.adding import create as create
from tui.items.adding import edit as edit
from tui.items.host import Host as Host
from tui.items.host import card_of, do, permitted
from tui.items.planning import add_activity as add_activity
from tui.items.planning import edit_activity as edit_activity
from tui.items.products import products as products
from tui.screens import form_journal
from tui.screens.confirm import Confirm
from tui.screens.pick import Choice, Picker

T = TypeVar("T")


# -- where it stands


async def set_stage(host: Host, item: ItemRef) -> ActionRow | None:
    """Let the user pick another stage of a deal, or another phase of a project."""
    noun = "phase" if item.kind is ItemKind.PROJECT else "stage"
    if item.kind not in (ItemKind.DEAL, ItemKind.PROJECT):
        host.say(f"A {item.kind.value} has no stages")
        return None
    kind = PageKind(item.kind.value)
    facts = await in_store(item_forms.facts, host.db, kind, item.id)
    now = facts.values[f"{noun}_id"]
    choices = [_marked(each.id, each.name, is_marked=each.id == now) for each in facts.steps]
    chosen = await host.ask(Picker(f"{noun.title()} of {line(facts.values['title'])}", choices))
    if chosen is None:
        return None
    return await do(host, item, partial(item_states.set_stage, host.db, item, chosen))


def _marked(value: T, name: str, *, is_marked: bool, words: str = "") -> Choice[T]:
    label = Content.assemble((line(name), "bold" if is_marked else ""))
    return Choice(value, label, f"{name} {words}", right="now" if is_marked else "", is_now=is_marked)


async def win(host: Host, item: ItemRef) -> ActionRow | None:
    """Mark a deal won."""
    if not _is_a(host, item, ItemKind.DEAL, "won"):
        return None
    return await do(host, item, partial(item_states.win, host.db, item))


async def lose(host: Host, item: ItemRef) -> ActionRow | None:
    """Mark a deal lost, with a reason; those given before are offered."""
    from tui.screens.offered import AskOffered

    if not _is_a(host, item, ItemKind.DEAL, "lost") or (card := await card_of(host, item)) is None:
        return None
    reasons = await in_store(item_forms.lost_reasons, host.db)
    title = Content.assemble("Why was ", (line(card.title), "bold"), " lost?")
    reason = await host.ask(AskOffered(title, reasons, placeholder="a few words, or nothing"))
    if reason is None:
        return None
    return await do(host, item, partial(item_states.lose, host.db, item, line(reason)))


def _is_a(host: Host, item: ItemRef, kind: ItemKind, state: str) -> bool:
    if item.kind is not kind:
        first = ": convert it to a deal first" if item.kind is ItemKind.LEAD else ""
        host.say(f"Only a {kind.value} is {state}; this is a {item.kind.value}{first}")
    return item.kind is kind


async def reopen(host: Host, item: ItemRef) -> ActionRow | None:
    """Let an item be open again, whether it was closed, archived or deleted."""
    card = await card_of(host, item)
    if card is None:
        return None
    back = {"deleted": item_states.restore, "archived": item_states.unarchive}
    return await do(host, item, partial(back.get(card.status, item_states.reopen), host.db, item))


async def complete(host: Host, item: ItemRef) -> ActionRow | None:
    """Mark a project completed."""
    if not _is_a(host, item, ItemKind.PROJECT, "completed"):
        return None
    return await do(host, item, partial(item_states.complete, host.db, item))


async def cancel(host: Host, item: ItemRef) -> ActionRow | None:
    """Mark a project canceled."""
    if not _is_a(host, item, ItemKind.PROJECT, "canceled"):
        return None
    return await do(host, item, partial(item_states.cancel, host.db, item))


async def win_or_complete(host: Host, item: ItemRef) -> ActionRow | None:
    """Let an item end well: a deal is won, a project completed."""
    return await (complete if item.kind is ItemKind.PROJECT else win)(host, item)


async def lose_or_cancel(host: Host, item: ItemRef) -> ActionRow | None:
    """Let an item end badly: a deal is lost, a project canceled."""
    return await (cancel if item.kind is ItemKind.PROJECT else lose)(host, item)


async def archive(host: Host, item: ItemRef) -> ActionRow | None:
    """Put an item out of the way; links and history stay."""
    return await do(host, item, partial(item_states.archive, host.db, item))


async def unarchive(host: Host, item: ItemRef) -> ActionRow | None:
    """Bring an archived item back."""
    return await do(host, item, partial(item_states.unarchive, host.db, item))


async def delete(host: Host, item: ItemRef) -> ActionRow | None:
    """Delete an item after asking, saying what hangs on it."""
    card = await card_of(host, item)
    if card is None:
        return None
    follows = await in_store(item_forms.what_follows, host.db, PageRef.of(item))
    question = Content.assemble(
        f"Delete the {item.kind.value} ", (line(card.title), "bold"), f"?{_said(follows, 'It has')}"
    )
    if not await host.ask(Confirm(question)):
        return None
    return await do(host, item, partial(item_states.delete, host.db, item))


async def restore(host: Host, item: ItemRef) -> ActionRow | None:
    """Bring a deleted item back."""
    return await do(host, item, partial(item_states.restore, host.db, item))


def _said(follows: item_forms.Follows, verb: str) -> str:
    """Return "\\n\\nIt has 3 conversations and 1 note." or nothing."""
    counted = [
        plural(number, noun, many)
        for number, noun, many in (
            (follows.conversations, "conversation", ""),
            (follows.items, "item", ""),
            (follows.activities, "activity", "activities"),
            (follows.notes, "note", ""),
        )
        if number
    ]
    if not counted:
        return ""
    listed = " and ".join(filter(None, (", ".join(counted[:-1]), counted[-1])))
    return f"\n\n{verb} {listed}."


# -- whose it is


async def assign(host: Host, item: ItemRef) -> ActionRow | None:
    """Let the user pick who an item belongs to."""
    facts = await in_store(item_forms.facts, host.db, PageKind(item.kind.value), item.id)
    if not facts.users:
        host.say("You are alone here: dealbox user add brings colleagues in")
        return None
    owner = facts.values["owner_id"]
    mine_first = sorted(facts.users, key=lambda each: each.id != facts.me)
    choices = [_marked(each.id, each.name, is_marked=each.id == owner) for each in mine_first]
    choices.append(_marked("", "nobody", is_marked=not owner))
    title = facts.values.get("title") if item.kind is not ItemKind.PERSON else facts.values["name"]
    chosen = await host.ask(Picker(f"Owner of {line(title or facts.values.get('name', ''))}", choices))
    if chosen is None:
        return None
    return await do(host, item, partial(item_states.assign, host.db, item, chosen))


async def follow(host: Host, item: ItemRef) -> ActionRow | None:
    """Follow an item, or no longer."""
    is_following = await in_store(item_forms.is_following, host.db, item)
    return await do(host, None, partial(item_states.follow, host.db, item, not is_following))


# -- what is written about it


async def add_note(host: Host, item: ItemRef) -> ActionRow | None:
    """Write a note about an item."""
    from tui.screens.note import Note

    card = await card_of(host, item)
    if card is None:
        return None
    journal = await form_journal.opened(host.db, f"note about {PageRef.of(item).address}")
    title = f"Note about {card.title}"
    text = await host.ask(Note(host.db.directory, host.settings.editor, title, journal=journal))
    if text is None:
        return None
    done = await do(host, None, partial(notes.add, host.db, item, text))
    if done is not None:
        await journal.close()
    return done


async def edit_note(host: Host, note: NoteRow) -> ActionRow | None:
    """Let a note say something else: one's own, or one about an item that one may change."""
    from tui.screens.note import Note

    journal = await form_journal.opened(host.db, f"edit note:{note.id}")
    text = await host.ask(
        Note(host.db.directory, host.settings.editor, "Change the note", note.body, journal=journal)
    )
    if text is None:
        return None
    done = await do(host, whose(note), partial(notes.edit, host.db, note.id, text))
    if done is not None:
        await journal.close()
    return done


async def delete_note(host: Host, note: NoteRow) -> ActionRow | None:
    """Delete a note after asking: one's own, or one about an item that one may change."""
    first = line(note.body.strip().partition("\n")[0])
    if not await host.ask(Confirm(Content.assemble("Delete the note ", (first, "bold"), "?"))):
        return None
    return await do(host, whose(note), partial(notes.delete, host.db, note.id))


def whose(note: NoteRow) -> ItemRef | None:
    """Return the item whose rights say who may change a note, None for one's own."""
    return None if note.is_own else note.item


async def set_labels(host: Host, item: ItemRef) -> ActionRow | None:
    """Let the user pick a label to put on an item or take off it, or name a new one."""
    from tui.screens.marks import LabelPicker

    card = await card_of(host, item)
    if card is None:
        return None
    facts = await in_store(item_forms.facts, host.db, PageKind(item.kind.value), item.id)
    name = await host.ask(LabelPicker(f"Labels of {line(card.title)}", facts.labels, facts.marked))
    if name is None:
        return None
    is_on = name not in facts.marked
    return await do(host, item, partial(labels.set, host.db, item, name, is_on))


# -- into another


async def merge(host: Host, item: ItemRef) -> ActionRow | None:
    """Let an item go into another of its kind, which the user picks; say first what moves."""
    from tui.screens.link import LinkPicker

    card = await card_of(host, item)
    if card is None:
        return None
    heading = Content.assemble(f"Merge the {item.kind.value} ", (line(card.title), "bold"), " into")
    kept = await host.ask(LinkPicker(host.db, heading, None, (), kinds=(item.kind,)))
    if kept is None:
        return None
    if kept.ref == item:
        host.say("That is the same one")
        return None
    follows = await in_store(item_forms.what_follows, host.db, PageRef.of(item))
    question = Content.assemble(
        "Merge ",
        (line(card.title), "bold"),
        " into ",
        (line(kept.title), "bold"),
        f"?{_said(follows, 'These move:')}\n\n",
        "What only the first one says is added to the second, which stays as it is else.",
    )
    if not await host.ask(Confirm(question)):
        return None
    merging = partial(item_merges.merge, host.db, kept.ref, item)
    return await do(host, item, partial(permitted, host.db, kept.ref, merging))
