"""What the commands of linking do: ask what and whether, one store call, and on to the next conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ParamSpec

from textual.content import Content

from linking import saving, service, standing, suggesting
from mail.ids import ThreadId
from store.crm import items
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links import links
from store.links.panel import PanelFacts, Suggestion
from store.rows import ActionRow, ThreadRow
from tui.bridge import in_store
from tui.content import line
from tui.items.host import Host, tell
from tui.screens.confirm import Confirm
from tui.screens.link import LinkPicker

if TYPE_CHECKING:
    from store.links.contacts import PersonCard
    from tui.screens.mail import MailScreen

P = ParamSpec("P")


async def pick(screen: MailScreen, facts: PanelFacts) -> None:
    """Let the user pick what a conversation is about, or who its main person or organization is."""
    row = screen.current_thread()
    subject = Content.assemble("Link ", (line(row.subject if row else "") or "(no subject)", "bold"))
    item = await _picked(screen, facts.thread_id, subject, facts.item, facts.suggestions)
    if item is None:
        return
    if item.kind.fills_the_slot:
        await link_one(screen, facts, item)
    elif await _may_link(screen, (facts.thread_id,), item):
        await do(screen, service.set_main, screen.db, facts.thread_id, item.ref)


async def save(screen: MailScreen, facts: PanelFacts) -> None:
    """Link a conversation to what the user picks, unless it is linked, and plan the answer (link-M23)."""
    item = facts.item
    if item is None:
        row = screen.current_thread()
        subject = Content.assemble(
            "Save ", (line(row.subject if row else "") or "(no subject)", "bold"), " with"
        )
        kinds = tuple(kind for kind in ItemKind if kind.fills_the_slot)
        item = await _picked(screen, facts.thread_id, subject, None, facts.suggestions, kinds=kinds)
    if item is not None and await _may_link(screen, (facts.thread_id,), item):
        await do(screen, saving.save, screen.db, facts.thread_id, item.ref)


async def pick_for_many(screen: MailScreen, thread_ids: Sequence[ThreadId]) -> None:
    """Let the user pick what several conversations are about; they are linked in one action."""
    subject = Content.assemble("Link ", (f"{len(thread_ids)} conversations", "bold"))
    kinds = tuple(kind for kind in ItemKind if kind.fills_the_slot)
    item = await _picked(screen, thread_ids[0], subject, None, (), kinds=kinds)
    if item is not None and await _may_replace(screen, thread_ids, item):
        await _link(screen, thread_ids, item)


async def link_one(screen: MailScreen, facts: PanelFacts, item: ItemCard) -> None:
    """Link a conversation, once the user has agreed to what that replaces and shows."""
    # Another screen, or the rules, may have linked it while the user looked for an item.
    linked = await in_store(_linked_now, screen.db, facts.thread_id)
    if linked is not None and linked.ref != item.ref:
        question = Content.assemble(
            "Replace ",
            (line(linked.title), "bold"),
            " by ",
            (line(item.title), "bold"),
            "?\n\n",
            "A conversation is linked to one deal, lead or project at a time.",
        )
        if not await _is_confirmed(screen, question):
            return
    await _link(screen, (facts.thread_id,), item)


def _linked_now(db: Database, thread_id: ThreadId) -> ItemCard | None:
    slot = links.slot(db, thread_id)
    if slot is None or slot.item_kind is None or slot.item_id is None:
        return None
    return items.get(db, ItemRef(ItemKind(slot.item_kind), slot.item_id))


async def _picked(
    screen: MailScreen,
    thread_id: ThreadId,
    subject: Content,
    linked: ItemCard | None,
    offered: Sequence[Suggestion],
    *,
    kinds: Sequence[ItemKind] = tuple(ItemKind),
) -> ItemCard | None:
    own = partial(suggesting.own_items, screen.db, thread_id)
    return await screen.ask(LinkPicker(screen.db, subject, linked, offered, kinds=kinds, first=own))


async def _may_replace(screen: MailScreen, thread_ids: Sequence[ThreadId], item: ItemCard) -> bool:
    """Ask once before links of several conversations are replaced (link-M02)."""
    linked = await in_store(_linked_elsewhere, screen.db, thread_ids, item.ref)
    if not linked:
        return True
    question = Content.assemble(
        f"{linked} of {len(thread_ids)} are linked already: replace by ", (line(item.title), "bold"), "?"
    )
    return await _is_confirmed(screen, question)


def _linked_elsewhere(db: Database, thread_ids: Sequence[ThreadId], item: ItemRef) -> int:
    slots = [links.slot(db, thread_id) for thread_id in thread_ids]
    linked = [(slot.item_kind, slot.item_id) for slot in slots if slot is not None and slot.item_id]
    return sum(one != (item.kind.value, item.id) for one in linked)


async def _link(screen: MailScreen, thread_ids: Sequence[ThreadId], item: ItemCard) -> None:
    if await _may_link(screen, thread_ids, item):
        await do(screen, service.link_all, screen.db, tuple(thread_ids), item.ref)


async def _may_link(screen: MailScreen, thread_ids: Sequence[ThreadId], item: ItemCard) -> bool:
    """Ask before a link shows a conversation to others: the one place where linking is confirmed for what it shows."""
    told = await in_store(_audience_changes, screen.db, thread_ids, item.ref)
    question = Content.assemble("Link to ", (line(item.title), "bold"), "?")
    return not told or await _is_confirmed(screen, _told(told, question))


def _audience_changes(db: Database, thread_ids: Sequence[ThreadId], item: ItemRef) -> list[str]:
    return [
        told for thread_id in thread_ids if (told := service.audience_change(db, thread_id, item)) is not None
    ]


async def may_share(screen: MailScreen, thread_ids: Sequence[ThreadId]) -> bool:
    """Ask before sharing shows conversations to others."""
    told = await in_store(_sharing_changes, screen.db, thread_ids)
    return not told or await _is_confirmed(screen, _told(told, Content("Share it?")))


async def share_conversations(host: Host, about: Sequence[ItemRef], name: str) -> None:
    """Share the private conversations of items, once the user has agreed to whom that shows how many of them."""
    offer = await in_store(service.shareable, host.db, about)
    if not offer.thread_ids:
        host.say(f"No private conversation of {line(name)} would be seen by others if it were shared")
        return
    count = len(offer.thread_ids)
    question = Content.assemble(
        f"{count:,} private conversation{'' if count == 1 else 's'} with ",
        (line(name), "bold"),
        f" can be shared. This shows {'it' if count == 1 else 'them'} to {line(standing.named(offer.names))}.",
        f"\n\nShare {'it' if count == 1 else 'them'}?",
    )
    if await host.ask(Confirm(question)):
        try:
            done = await in_store(service.set_visibility_all, host.db, offer.thread_ids, "shared")
        except service.CannotLink as error:
            host.warn(f"Not done: {line(str(error))}")
            return
        tell(host, done)


def _sharing_changes(db: Database, thread_ids: Sequence[ThreadId]) -> list[str]:
    changes = (service.sharing_change(db, thread_id) for thread_id in thread_ids)
    return [told for told in changes if told is not None]


def _told(changes: Sequence[str], question: Content) -> Content:
    """Return what changes of several conversations show to others, as a question."""
    more = f"\n\nSo it is with {len(changes) - 1} more of them." if len(changes) > 1 else ""
    return Content.assemble(line(changes[0]), more, "\n\n", question)


def why_fixed(db: Database, thread_id: ThreadId) -> str | None:
    """Return why what a conversation is about cannot be changed, None when it can."""
    return links.is_fixed(db.read(), thread_id)


async def _is_confirmed(screen: MailScreen, question: Content) -> bool:
    answer: bool | None = await screen.ask(Confirm(question))
    return answer is True


async def not_this_person(screen: MailScreen, person: PersonCard) -> None:
    """Say that an address is nobody of the CRM in this conversation (link-M09), or choose nobody as its main person."""
    facts = screen.crm_panel.facts
    if facts is None or person.id is None:
        screen.say(f"{line(person.name) or line(person.email)} is nobody of the CRM here")
    elif person.id == facts.main_person_id:
        await do(screen, service.clear_main, screen.db, facts.thread_id, ItemKind.PERSON)
    elif await _may_leave_out(screen, facts.thread_id, person.id):
        await do(screen, service.set_person, screen.db, facts.thread_id, person.email, None)


async def _may_leave_out(screen: MailScreen, thread_id: ThreadId, person_id: str) -> bool:
    """Ask before a conversation is shown to others because somebody whom they may not see has no part in it."""
    told = await in_store(service.person_change, screen.db, thread_id, person_id)
    return told is None or await _is_confirmed(screen, Content(f"{line(told)}\n\nGo on?"))


async def explain(screen: MailScreen, thread_id: ThreadId) -> None:
    """Show what the rules say of each message of a conversation."""
    from linking import deciding
    from tui.screens.why import Why

    await screen.ask(Why(await in_store(deciding.explain, screen.db, thread_id)))


async def do(screen: MailScreen, change: Callable[P, ActionRow], *args: P.args, **kwargs: P.kwargs) -> None:
    """Make a change of links and say what came of it; an open conversation that leaves the list gives way to the next."""
    try:
        done = await in_store(change, *args, **kwargs)
    except service.CannotLink as error:
        screen.warn(f"Not done: {line(str(error))}")
        return
    before, was_reading = screen.current_thread(), screen.is_reading
    screen.thread_list.mark_only(())
    await screen.reload()
    if was_reading and before is not None and screen.thread_list.source.find(before.thread_id) is None:
        screen.preview.show_now(is_opened=True)
    screen.say(f"{line(done.title)}{_hint(screen, done, before)}", can_undo=bool(done.id))


def _hint(screen: MailScreen, done: ActionRow, before: ThreadRow | None) -> str:
    """Return what could be done next; its key only while it means the conversation that was meant before."""
    if not done.hint:
        return ""
    now = screen.current_thread()
    is_there = before is not None and now is not None and before.thread_id == now.thread_id
    return f". {line(done.hint).capitalize()}" + (f": {screen.key_of('link.share')}" if is_there else "")
