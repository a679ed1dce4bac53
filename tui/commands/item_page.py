"""Going to the page of an item: found by name, or named by its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.bridge import in_store
from tui.commands.registry import command, with_words
from tui.content import line

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen


@command("goto.item", "Page of an item...", ", /", group="CRM")
async def item(screen: MailScreen) -> None:
    """Find a deal, lead, project, person or organization by its name and show its page; `:item deal:12` shows one."""
    from textual.content import Content

    from tui.items import pages
    from tui.screens.link import LinkPicker

    picked = await screen.ask(LinkPicker(screen.db, Content("Show the page of"), None))
    if picked is not None:
        pages.show(screen, picked.ref)


@with_words("goto.item")
async def item_at(screen: MailScreen, words: str) -> None:
    """Show the page of what an address like `deal:12` or `activity:<uuid>` means."""
    from store.crm import item_refs
    from tui.items import pages

    page = await in_store(item_refs.find, screen.db, words)
    if page is None:
        screen.warn(
            f"There is no item {line(words)}; write deal:12, or a part of its name after {screen.key_of('goto.item')}"
        )
    else:
        pages.show(screen, page)
