"""Items from the keyboard: made from a conversation, moved, closed, noted and followed up without leaving the mail.

Each command is about the item of the conversation being read or under the cursor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line

if TYPE_CHECKING:
    from store.crm.items import ItemRef
    from store.links.panel import PanelFacts
    from tui.screens.mail import MailScreen

    Verb = Callable[[MailScreen, ItemRef], Awaitable[object]]

_GROUP = "CRM"
_PANES = frozenset({Pane.LIST, Pane.READER, Pane.PANEL})
_ONE_AT_A_TIME = "Several are marked, but items are changed one at a time: * n marks none"

# The verbs, the forms and the CRM behind them are loaded when they are wanted: 40 ms at start.


@command("item.new_deal", "New deal from the conversation", ", n d", group=_GROUP, panes=_PANES)
async def new_deal(screen: MailScreen) -> None:
    """Make a deal with the subject and people of the conversation, and link it."""
    await _create(screen, "deal")


@command("item.new_lead", "New lead from the conversation", ", n l", group=_GROUP, panes=_PANES)
async def new_lead(screen: MailScreen) -> None:
    """Make a lead with the subject and people of the conversation, and link it."""
    await _create(screen, "lead")


@command("item.new_project", "New project from the conversation", ", n j", group=_GROUP, panes=_PANES)
async def new_project(screen: MailScreen) -> None:
    """Make a project with the subject and people of the conversation, and link it."""
    await _create(screen, "project")


@command("item.new_person", "New person from the conversation", ", n p", group=_GROUP, panes=_PANES)
async def new_person(screen: MailScreen) -> None:
    """Make a person of somebody in the conversation whom the CRM does not know."""
    await _create(screen, "person")


@command(
    "item.new_organization", "New organization from the conversation", ", n o", group=_GROUP, panes=_PANES
)
async def new_organization(screen: MailScreen) -> None:
    """Make an organization of the domain somebody in the conversation writes from."""
    await _create(screen, "organization")


@command("item.stage", "Stage or phase", ", s", group=_GROUP, panes=_PANES)
async def stage(screen: MailScreen) -> None:
    """Move the deal to another stage, or the project to another phase."""
    from tui.items import verbs

    await _on_item(screen, verbs.set_stage)


@command("item.won", "Won", ", w", group=_GROUP, panes=_PANES)
async def won(screen: MailScreen) -> None:
    """Mark the deal won, or the project completed."""
    from tui.items import verbs

    await _on_item(screen, verbs.win_or_complete)


@command("item.lost", "Lost, with the reason", ", x", group=_GROUP, panes=_PANES)
async def lost(screen: MailScreen) -> None:
    """Mark the deal lost, or the project canceled."""
    from tui.items import verbs

    await _on_item(screen, verbs.lose_or_cancel)


@command("item.reopen", "Open the item again", ", z", group=_GROUP, panes=_PANES)
async def reopen(screen: MailScreen) -> None:
    """Let a closed or archived item be open again."""
    from tui.items import verbs

    await _on_item(screen, verbs.reopen)


@command("item.owner", "Owner", ", a", group=_GROUP, panes=_PANES)
async def owner(screen: MailScreen) -> None:
    """Let the item belong to somebody else."""
    from tui.items import verbs

    await _on_item(screen, verbs.assign)


@command("item.note", "Add a note", ", m", group=_GROUP, panes=_PANES)
async def note(screen: MailScreen) -> None:
    """Write a note about the item, or about the person where nothing is linked."""
    from tui.items import verbs

    await _on_item(screen, verbs.add_note, or_person=True)


@command("item.activity", "Add an activity", "T", ", t", group=_GROUP, panes=_PANES)
async def activity(screen: MailScreen) -> None:
    """Plan what is to be done about the item, or about the person where nothing is linked."""
    from tui.items import planning

    await _on_item(screen, planning.add_activity, or_person=True)


@command("item.edit", "Edit the item", ", e", group=_GROUP, panes=_PANES)
async def edit(screen: MailScreen) -> None:
    """Change what the item says."""
    from tui.items import adding

    await _on_item(screen, adding.edit)


@command("item.convert", "Convert the lead to a deal", ", d", group=_GROUP, panes=_PANES)
async def convert(screen: MailScreen) -> None:
    """Make a deal of the lead; the conversation belongs to both."""
    from tui.items import adding

    await _on_item(screen, adding.convert)


@command("item.labels", "Labels", ", g", group=_GROUP, panes=_PANES)
async def labels(screen: MailScreen) -> None:
    """Put a label on the item, or take it off."""
    from tui.items import verbs

    await _on_item(screen, verbs.set_labels)


@command("item.products", "Products of the deal", ", p", group=_GROUP, panes=_PANES)
async def products(screen: MailScreen) -> None:
    """List the products of the deal, add them, and change quantities and prices."""
    from tui.items.products import products

    await _on_item(screen, products)


@command("item.archive", "Archive the item", group=_GROUP, panes=_PANES)
async def archive(screen: MailScreen) -> None:
    """Put the item aside; the conversation stays with it."""
    from tui.items import verbs

    await _on_item(screen, verbs.archive)


@command("item.delete", "Delete the item", group=_GROUP, panes=_PANES)
async def delete(screen: MailScreen) -> None:
    """Delete the item after asking."""
    from tui.items import verbs

    await _on_item(screen, verbs.delete)


@command("item.follow", "Follow the item, or no longer", group=_GROUP, panes=_PANES)
async def follow(screen: MailScreen) -> None:
    """Follow the item, or no longer."""
    from tui.items import verbs

    await _on_item(screen, verbs.follow)


@command("item.merge", "Merge the item into another", group=_GROUP, panes=_PANES)
async def merge(screen: MailScreen) -> None:
    """Let the item go into another of its kind."""
    from tui.items import verbs

    await _on_item(screen, verbs.merge)


@command("item.history", "The person's history", ", h", group=_GROUP, panes=_PANES)
async def history(screen: MailScreen) -> None:
    """Show the page of the main person: their conversations, items and timeline."""
    from store.crm.items import ItemKind, ItemRef

    facts = await _facts(screen)
    if facts is None:
        return
    person = _main_person(facts)
    if person is None:
        screen.say(f"Nobody here is in the CRM: {screen.key_of('item.new_person')} adds who wrote")
        return
    from tui.items import pages

    pages.show(screen, ItemRef(ItemKind.PERSON, person))


# -- what they have in common


async def _on_item(screen: MailScreen, verb: Verb, *, or_person: bool = False) -> None:
    """Do something with the item of the conversation; the panel and the list show the new state at once."""
    facts = await _facts(screen)
    if facts is None:
        return
    item = facts.item.ref if facts.item else _person_ref(facts) if or_person else None
    if item is None:
        screen.say(_not_linked(screen))
        return
    if await verb(screen, item) is not None:
        await screen.reload()


def _not_linked(screen: MailScreen) -> str:
    link, new = screen.key_of("link.choose"), screen.key_of("item.new_deal")
    return f"Not linked: {link} links it, {new} makes a deal"


async def _facts(screen: MailScreen) -> PanelFacts | None:
    """Return what is known of the conversation; without one, or with several marked, say so."""
    from linking import panel

    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
        return None
    if len(screen.thread_list.marked) > 1:
        screen.say(_ONE_AT_A_TIME)
        return None
    return await in_store(panel.for_thread, screen.db, row.thread_id)


def _main_person(facts: PanelFacts) -> str | None:
    if facts.item is not None and facts.item.person_id:
        return facts.item.person_id
    return next((each.id for each in facts.people if each.id), None)


def _person_ref(facts: PanelFacts) -> ItemRef | None:
    from store.crm.items import ItemKind, ItemRef

    person = _main_person(facts)
    return ItemRef(ItemKind.PERSON, person) if person else None


async def _create(screen: MailScreen, kind_name: str) -> None:
    from store.crm.item_refs import PageKind
    from tui.items import adding, starts

    kind = PageKind(kind_name)
    facts = await _facts(screen)
    row = screen.current_thread()
    if facts is None or row is None:
        return
    is_linked = kind in (PageKind.DEAL, PageKind.LEAD, PageKind.PROJECT)
    if is_linked and not await _may_replace(screen, facts, kind_name):
        return
    start = starts.start(kind, row.subject, facts)
    made = await adding.create(screen, kind, start, thread_id=facts.thread_id)
    if made is not None:
        await screen.reload()


async def _may_replace(screen: MailScreen, facts: PanelFacts, kind: str) -> bool:
    """Ask before the new item takes the place of the one the conversation is linked to (link-M02)."""
    if facts.item is None:
        return True
    from textual.content import Content

    from tui.screens.confirm import Confirm

    question = Content.assemble(
        "The conversation is linked to ",
        (line(facts.item.title), "bold"),
        f". Link it to a new {kind} instead?",
    )
    return await screen.ask(Confirm(question)) is True
