"""Commands of the CRM: what a conversation is about. They act on whole conversations, never on a single message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mail.types import ThreadId
from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line

if TYPE_CHECKING:
    from linking import service
    from store.items import ItemCard, ItemRef
    from store.panel import PanelFacts
    from store.rows import ActionRow
    from tui.screens.mail import MailScreen

_GROUP = "CRM"
_PANES = frozenset({Pane.LIST, Pane.READER, Pane.PANEL})


@command(
    "link.choose", "Link to a deal, lead or project", "L", ", l", group=_GROUP, panes=_PANES, hint="link"
)
async def choose(screen: MailScreen) -> None:
    """Let the user pick an item for the conversation being read or under the cursor."""
    facts = await _facts(screen)
    if facts is not None:
        await _pick(screen, facts)


@command("link.change", "Link to another item", ", c", group=_GROUP, panes=_PANES)
async def change(screen: MailScreen) -> None:
    """Let the user pick another item than the one the conversation is linked to."""
    facts = await _facts(screen)
    if facts is None:
        return
    if facts.item is None:
        screen.say("The conversation is not linked yet")
        return
    await _pick(screen, facts)


@command("link.accept", "Link to the first suggestion", ", ,", group=_GROUP, panes=_PANES)
async def accept(screen: MailScreen) -> None:
    """Link to the item the panel suggests first."""
    facts = await _facts(screen)
    if facts is None:
        return
    if not facts.suggestions:
        screen.say(f"Nothing to suggest: {line(facts.why)}")
    elif await _may_replace(screen, facts, facts.suggestions[0]):
        await _link(screen, facts.thread_id, facts.suggestions[0].ref)


@command("link.unlink", "Unlink", ", u", group=_GROUP, panes=_PANES)
async def unlink(screen: MailScreen) -> None:
    """Take the link away; no rule puts it back."""
    from linking import service  # with the CRM behind it, 40 ms at start: loaded when wanted, here and below

    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
        return
    try:
        done = await in_store(service.unlink, screen.db, row.thread_id)
    except service.CannotLink as error:
        screen.warn(f"Not unlinked: {error}")
        return
    await _after(screen, done)


@command("link.share", "Visibility: shared", ", v s", group=_GROUP, panes=_PANES)
async def share(screen: MailScreen) -> None:
    """Let everybody who may see the linked item see the conversation."""
    await _set_visibility(screen, "shared")


@command("link.make_private", "Visibility: private", ", v p", group=_GROUP, panes=_PANES)
async def make_private(screen: MailScreen) -> None:
    """Let nobody but the owner see the conversation."""
    await _set_visibility(screen, "private")


@command("item.show", "Show what it is linked to", "O", ", o", group=_GROUP, panes=_PANES)
async def show_item(screen: MailScreen) -> None:
    """Show everything known about the linked item and its people."""
    from tui.screens.item import ItemScreen

    facts = await _facts(screen)
    if facts is None:
        return
    if facts.item is None:
        screen.say("The conversation is not linked")
        return
    await screen.ask(ItemScreen(facts))


async def _set_visibility(screen: MailScreen, visibility: service.Visibility) -> None:
    from linking import service

    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
        return
    try:
        done = await in_store(service.set_visibility, screen.db, row.thread_id, visibility)
    except service.CannotLink as error:
        screen.warn(f"Not changed: {error}")
        return
    await _after(screen, done)


async def _facts(screen: MailScreen) -> PanelFacts | None:
    from store import panel

    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
        return None
    return await in_store(panel.for_thread, screen.db, row.thread_id)


async def _pick(screen: MailScreen, facts: PanelFacts) -> None:
    from textual.content import Content

    from tui.screens.link import LinkPicker

    row = screen.current_thread()
    subject = Content.assemble("Link ", (line(row.subject if row else "") or "(no subject)", "bold"))
    item = await screen.ask(LinkPicker(screen.db, subject, facts.item, facts.suggestions))
    if item is not None and await _may_replace(screen, facts, item):
        await _link(screen, facts.thread_id, item.ref)


async def _may_replace(screen: MailScreen, facts: PanelFacts, item: ItemCard) -> bool:
    """Ask before a link is replaced (link-M02): a conversation has one place for a deal, lead or project."""
    from textual.content import Content

    from tui.screens.confirm import Confirm

    if facts.item is None or facts.item.ref == item.ref:
        return True
    question = Content.assemble(
        "Replace ",
        (line(facts.item.title), "bold"),
        " by ",
        (line(item.title), "bold"),
        "?\n\n",
        "A conversation is linked to one deal, lead or project at a time.",
    )
    answer: bool | None = await screen.ask(Confirm(question))
    return answer is True


async def _link(screen: MailScreen, thread_id: ThreadId, item: ItemRef) -> None:
    from linking import service

    try:
        done = await in_store(service.link, screen.db, thread_id, item)
    except service.CannotLink as error:
        screen.warn(f"Not linked: {error}")
        return
    await _after(screen, done)


async def _after(screen: MailScreen, done: ActionRow) -> None:
    await screen.reload()
    screen.say(line(done.title), can_undo=bool(done.id))
