"""Commands of Smart BCC, copies, exceptions and what accounts make by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.commands.yank import copy
from tui.content import line

if TYPE_CHECKING:
    from store.crm.items import ItemCard, ItemRef
    from store.database import Database
    from store.rows import AccountRow, ActionRow, ThreadRow
    from tui.screens.mail import MailScreen

_GROUP = "CRM"
_PANES = frozenset({Pane.LIST, Pane.READER, Pane.PANEL})

# linking, with the CRM behind it, and dialogs are loaded when they are wanted: 40 ms at start.


@command("bcc.copy", "Copy the Smart BCC address", ", b", group=_GROUP, panes=_PANES)
async def copy_address(screen: MailScreen) -> None:
    """Copy the Smart BCC address of the linked item; of an unlinked conversation the universal one."""
    from linking.smart_bcc import NoAddress

    row = _row(screen)
    if row is None:
        return
    try:
        address, card = await in_store(_address, screen.db, row)
    except NoAddress as error:
        screen.warn(f"No Smart BCC address: {error}")
        return
    copy(screen, address, f"{address}, of {line(card.title)}" if card else f"{address}, the universal one")


def _address(db: Database, row: ThreadRow) -> tuple[str, ItemCard | None]:
    from linking import smart_bcc
    from store.crm import items
    from store.crm.items import ItemKind, ItemRef
    from store.links import links

    slot = links.slot(db, row.thread_id)
    if slot is None or slot.item_kind is None or slot.item_id is None:
        return smart_bcc.address(db, row.account_id, None), None
    item = ItemRef(ItemKind(slot.item_kind), slot.item_id)
    return smart_bcc.address(db, row.account_id, item), items.get(db, item)


@command("thread.duplicate", "Copy the conversation to another item", ", D", group=_GROUP, panes=_PANES)
async def duplicate(screen: MailScreen) -> None:
    """Make a copy of the conversation that is linked to another deal, lead or project."""
    from linking import copies
    from linking.copies import CannotLink

    row = _row(screen)
    if row is None:
        return
    item = await _pick_item(screen, row)
    if item is None:
        return
    try:
        done = await in_store(copies.duplicate, screen.db, row.thread_id, item)
    except CannotLink as error:
        screen.warn(f"Not copied: {error}")
        return
    await _after(screen, done)


async def _pick_item(screen: MailScreen, row: ThreadRow) -> ItemRef | None:
    from textual.content import Content

    from store.crm.items import ItemKind
    from tui.screens.link import LinkPicker

    subject = Content.assemble("Copy ", (line(row.subject) or "(no subject)", "bold"), " to")
    kinds = [kind for kind in ItemKind if kind.fills_the_slot]
    card: ItemCard | None = await screen.ask(LinkPicker(screen.db, subject, None, kinds=kinds))
    return None if card is None else card.ref


@command("exception.add", "Treat the sender or their domain apart", ", !", group=_GROUP, panes=_PANES)
async def add_exception(screen: MailScreen) -> None:
    """Let mail of the sender, or of their domain, not be judged, or make nothing, or never be shared."""
    from store.links import exceptions
    from store.links.exceptions import BadPattern
    from tui import account_crm_asking

    row = _row(screen)
    if row is None:
        return
    patterns = await in_store(_patterns, screen.db, row)
    if not patterns:
        screen.say("Only our own people take part")
        return
    asked = await account_crm_asking.ask_apart(screen.app, patterns)
    if asked is None:
        return
    try:
        done = await in_store(exceptions.add, screen.db, *asked)
    except BadPattern as error:
        screen.warn(f"Not added: {error}")
        return
    await _after(screen, done)


def _patterns(db: Database, row: ThreadRow) -> tuple[str, ...]:
    """Return the addresses that take part, each followed by its domain, unless many have it."""
    from mail.addresses import domain
    from mail.freemail import is_freemail
    from store.links import contacts, slots

    connection = db.read()
    people = contacts.participants(connection, slots.thread_now(connection, row.thread_id))
    found: list[str] = []
    for person in people:
        host = domain(person.email)
        found.append(person.email)
        found += [f"@{host}"] if host and not is_freemail(host) else []
    return tuple(dict.fromkeys(found))


@command("created.take_back", "Take back what mail made by itself", ", Z", group=_GROUP, panes=_PANES)
async def take_back(screen: MailScreen) -> None:
    """Undo the lead or deal the conversation made by itself, with all that came with it; its sender makes none again."""
    from linking import creating
    from linking.creating import CannotLink

    row = _row(screen)
    if row is None:
        return
    try:
        done = await in_store(creating.take_back, screen.db, row.thread_id)
    except CannotLink as error:
        screen.say(f"Nothing to take back: {error}")
        return
    await _after(screen, done)


@command("account.crm", "How the account takes part in the CRM", ", =", group=_GROUP)
async def settings(screen: MailScreen) -> None:
    """Say what of an account's mail is linked and made by itself, who is responsible, and where copies go."""
    account = await _account(screen)
    if account is None:
        return
    from tui.screens.account_crm import AccountCrmSettings

    await screen.ask(AccountCrmSettings(screen.db, account))
    await screen.reload()


async def _account(screen: MailScreen) -> AccountRow | None:
    """Return the account of the conversation under the cursor or of the list shown, else ask."""
    known = screen.listings.accounts
    if not known:
        screen.say("There is no account yet")
        return None
    row = screen.current_thread()
    wanted = row.account_id if row is not None else screen.listings.account_id
    found = [each for each in known if each.id == wanted]
    if found or len(known) == 1:
        return (found or known)[0]
    from textual.content import Content

    from tui.screens.pick import Choice, Picker

    lines = [Choice(each, Content(line(each.name)), f"{each.name} {each.address}") for each in known]
    return await screen.ask(Picker("Which account?", lines))


def _row(screen: MailScreen) -> ThreadRow | None:
    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
    return row


async def _after(screen: MailScreen, done: ActionRow) -> None:
    await screen.reload()
    title = f"{line(done.title)}. {line(done.warning)}" if done.warning else line(done.title)
    screen.say(title, can_undo=bool(done.id))
