"""Commands of the CRM panel: what its lines are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.registry import Pane, command

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_PANEL = frozenset({Pane.PANEL})


@command("panel.open", "Open what the line is about", "enter", "o", group="CRM", panes=_PANEL, hint="open")
async def open_line(screen: MailScreen) -> None:
    """Show the item or person of the line, link the suggestion, add the new person, or say why it is linked or not."""
    from store.crm.items import ItemKind, ItemRef
    from tui.items import link_verbs, pages
    from tui.widgets.crm_lines import AboutItem, AboutLink, AboutNewcomer, AboutPerson, AboutSuggestion

    facts = screen.crm_panel.facts
    if facts is None:
        return
    match screen.crm_panel.subject:
        case AboutLink():
            await link_verbs.explain(screen, facts.thread_id)
        case AboutItem(ref):
            pages.show(screen, ref)
        case AboutPerson(person) if person.id is not None:
            pages.show(screen, ItemRef(ItemKind.PERSON, person.id))
        case AboutSuggestion(suggestion):
            await link_verbs.link_one(screen, facts, suggestion.item)
        case AboutPerson() | AboutNewcomer():
            screen.dispatcher.run_id("item.new_person")
        case None:
            screen.say("Nothing to open on this line")


@command("panel.why", "Why it is linked or not", "y", group="CRM", panes=_PANEL)
async def why(screen: MailScreen) -> None:
    """Show each message of the conversation with what the rules say of it."""
    from tui.items import link_verbs

    if screen.crm_panel.facts is not None:
        await link_verbs.explain(screen, screen.crm_panel.facts.thread_id)
