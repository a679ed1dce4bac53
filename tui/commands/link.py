"""Commands of linking: what conversations are about, and who sees them. They act on whole conversations, never on a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line

if TYPE_CHECKING:
    from linking import service
    from store.links.panel import PanelFacts
    from tui.screens.mail import MailScreen

_GROUP = "CRM"
_PANES = frozenset({Pane.LIST, Pane.READER, Pane.PANEL})

# linking, with the CRM behind it, and dialogs are loaded when they are wanted: 40 ms at start.


@command("link.choose", "Link to an item", "L", ", l", group=_GROUP, panes=_PANES, hint="link")
async def choose(screen: MailScreen) -> None:
    """Let the user pick an item for the marked conversations, else the one being read or under the cursor."""
    from tui.items import link_verbs

    thread_ids = screen.selected_threads()
    if not thread_ids:
        screen.say("No conversation")
    elif len(thread_ids) > 1:
        await link_verbs.pick_for_many(screen, thread_ids)
    elif (facts := await _facts(screen)) is not None:
        await link_verbs.pick(screen, facts)


@command("link.save", "Save to the CRM: link, and plan the answer", ", S", group=_GROUP, panes=_PANES)
async def save(screen: MailScreen) -> None:
    """Let the user pick what the conversation is about and plan the answer; of a linked one, plan the answer."""
    from tui.items import link_verbs

    facts = await _facts(screen)
    if facts is not None:
        await link_verbs.save(screen, facts)


@command("link.change", "Link to another item", ", c", group=_GROUP, panes=_PANES)
async def change(screen: MailScreen) -> None:
    """Let the user pick another item than the one the conversation is linked to."""
    from tui.items import link_verbs

    facts = await _facts(screen)
    if facts is None:
        return
    if facts.item is None:
        screen.say(f"The conversation is not linked yet: {screen.key_of('link.choose')} links it")
    elif (why := await in_store(link_verbs.why_fixed, screen.db, facts.thread_id)) is not None:
        screen.warn(line(why))
    else:
        await link_verbs.pick(screen, facts)


@command("link.accept", "Link to the first suggestion", ", ,", group=_GROUP, panes=_PANES)
async def accept(screen: MailScreen) -> None:
    """Link to the item the panel suggests first, and go on to the next conversation of the queue."""
    await _accept(screen, 1)


@command("link.accept_1", "Link to suggestion 1", ", 1", group=_GROUP, panes=_PANES)
async def accept_1(screen: MailScreen) -> None:
    """Link to the first item that the panel suggests."""
    await _accept(screen, 1)


@command("link.accept_2", "Link to suggestion 2", ", 2", group=_GROUP, panes=_PANES)
async def accept_2(screen: MailScreen) -> None:
    """Link to the second item that the panel suggests."""
    await _accept(screen, 2)


@command("link.accept_3", "Link to suggestion 3", ", 3", group=_GROUP, panes=_PANES)
async def accept_3(screen: MailScreen) -> None:
    """Link to the third item that the panel suggests."""
    await _accept(screen, 3)


@command("link.accept_4", "Link to suggestion 4", ", 4", group=_GROUP, panes=_PANES)
async def accept_4(screen: MailScreen) -> None:
    """Link to the fourth item that the panel suggests."""
    await _accept(screen, 4)


@command("link.accept_5", "Link to suggestion 5", ", 5", group=_GROUP, panes=_PANES)
async def accept_5(screen: MailScreen) -> None:
    """Link to the fifth item that the panel suggests."""
    await _accept(screen, 5)


async def _accept(screen: MailScreen, number: int) -> None:
    from tui.items import link_verbs

    if len(screen.thread_list.marked) > 1:
        screen.say(
            f"Suggestions are for one conversation; {screen.key_of('link.choose')} links all marked ones"
        )
        return
    facts = await _facts(screen)
    if facts is None:
        return
    if not facts.suggestions:
        screen.say(f"Nothing to suggest: {line(facts.why)}")
    elif number > len(facts.suggestions):
        screen.say(f"There is no suggestion {number}")
    else:
        await link_verbs.link_one(screen, facts, facts.suggestions[number - 1].item)


@command("link.unlink", "Unlink", ", u", group=_GROUP, panes=_PANES)
async def unlink(screen: MailScreen) -> None:
    """Take links away, and no rule puts them back; on a person of the panel, say that they are not this person."""
    from linking import service
    from tui.items import link_verbs
    from tui.widgets.crm_lines import AboutPerson

    thread_ids = screen.selected_threads()
    subject = screen.crm_panel.subject if screen.pane is Pane.PANEL else None
    if not thread_ids:
        screen.say("No conversation")
    elif isinstance(subject, AboutPerson):
        await link_verbs.not_this_person(screen, subject.person)
    else:
        await link_verbs.do(screen, service.unlink_all, screen.db, thread_ids)


@command("link.why", "Why it is linked or not", ", y", group=_GROUP, panes=_PANES)
async def why(screen: MailScreen) -> None:
    """Show each message of the conversation with what the rules say of it."""
    from tui.items import link_verbs

    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
    else:
        await link_verbs.explain(screen, row.thread_id)


@command("link.share", "Visibility: shared", ", v s", group=_GROUP, panes=_PANES)
async def share(screen: MailScreen) -> None:
    """Let everybody who may see the linked item see the conversation."""
    await _set_visibility(screen, "shared")


@command("link.make_private", "Visibility: private", ", v p", group=_GROUP, panes=_PANES)
async def make_private(screen: MailScreen) -> None:
    """Let nobody but the owner see the conversation."""
    await _set_visibility(screen, "private")


@command("link.make_team", "Visibility: team only", ", v t", group=_GROUP, panes=_PANES)
async def make_team(screen: MailScreen) -> None:
    """Let nobody but the members of the team account see the conversation."""
    await _set_visibility(screen, "team")


@command("link.share_earlier", "Visibility: share all with these people", ", v e", group=_GROUP, panes=_PANES)
async def share_earlier(screen: MailScreen) -> None:
    """Share the private conversations of the linked item and of the people here, after asking whom that shows them to."""
    from store.crm.items import ItemKind, ItemRef
    from tui.items import link_verbs

    facts = await _facts(screen)
    if facts is None:
        return
    people = [person for person in facts.people if person.id]
    items = [ItemRef(ItemKind.PERSON, str(person.id)) for person in people]
    names = [person.name for person in people]
    if facts.item is not None:
        items, names = [facts.item.ref, *items], [facts.item.title, *names]
    if not items:
        screen.say("Nobody here is in the CRM, and the conversation is not linked")
        return
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    await link_verbs.share_conversations(screen, items, f"{names[0]}{more}")
    await screen.reload()


@command("item.show", "Show what it is linked to", "O", ", o", group=_GROUP, panes=_PANES)
async def show_item(screen: MailScreen) -> None:
    """Show the page of the linked item, or of the main person where nothing is linked: conversations and timeline."""
    from tui.items import pages

    facts = await _facts(screen)
    if facts is None:
        return
    page = pages.page_of(facts)
    if page is None:
        screen.say(f"The conversation is not linked: {screen.key_of('link.choose')} links it")
    else:
        pages.show(screen, page)


async def _set_visibility(screen: MailScreen, visibility: service.Visibility) -> None:
    from linking import service
    from tui.items import link_verbs

    thread_ids = screen.selected_threads()
    if not thread_ids:
        screen.say("No conversation")
    elif visibility != "shared" or await link_verbs.may_share(screen, thread_ids):
        await link_verbs.do(screen, service.set_visibility_all, screen.db, thread_ids, visibility)


async def _facts(screen: MailScreen) -> PanelFacts | None:
    from linking import panel

    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
        return None
    return await in_store(panel.for_thread, screen.db, row.thread_id)
