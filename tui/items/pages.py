"""Coming and going between pages of items and the mail under them: nothing is forgotten on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from textual.screen import Screen

from mail.types import ThreadId
from store.crm.item_conversations import ItemConversations
from store.crm.item_refs import PageRef
from store.crm.items import ItemKind, ItemRef
from tui.listing import Listing
from tui.listings import Aside
from tui.widgets import item_lines

if TYPE_CHECKING:
    from store.links.panel import PanelFacts
    from tui.screens.item import ItemPage
    from tui.screens.mail import MailScreen
    from tui.screens.worklist import Worklist

_GO: Final = "g"


class Behind(NamedTuple):
    """The screens that wait while one of an item's conversations is read in the mail, the lowest first.

    `listing` is what the mail shows meanwhile, `mail` what it showed before, `before` what waited then.
    """

    screens: tuple[Screen[Any], ...]
    listing: Listing
    mail: Aside
    before: Behind | None


def show(mail: MailScreen, item: PageRef | ItemRef) -> None:
    """Show the page of an item over the mail."""
    from tui.screens.item import ItemPage  # it loads the CRM: only when wanted

    mail.app.push_screen(ItemPage(mail, item))


def page_of(facts: PanelFacts) -> ItemRef | None:
    """Return what a conversation is linked to, else its main person; None when the CRM knows neither."""
    if facts.item is not None:
        return facts.item.ref
    person = facts.main_person_id or next((each.id for each in facts.people if each.id), None)
    return ItemRef(ItemKind.PERSON, person) if person else None


def read(page: ItemPage, thread_id: ThreadId) -> None:
    """Read a conversation of a page in the mail, among the item's others; q comes back to the page."""
    mail, app, source = page.mail, page.app, page.conversations
    if source is None or source.find(thread_id) is None:
        page.say("This conversation is not listed any more")
        return
    title = item_lines.title(page.facts) if page.facts is not None else page.ref.address
    before = _still_wanted(mail)
    waiting = app.screen_stack[app.screen_stack.index(mail) + 1 :]
    for screen in reversed(waiting):
        if not app.is_screen_installed(screen):
            app.install_screen(screen, f"behind-{id(screen)}")
        app.pop_screen()
    aside = mail.listings.put_aside()
    listing = mail.listings.open_conversations(title, ItemConversations.like(source))
    mail.behind = Behind(tuple(waiting), listing, aside, before)
    mail.thread_list.go_to_thread(thread_id)
    mail.read_thread()


def come_back(mail: MailScreen) -> bool:
    """Leave a conversation for the page it was opened from; False when it was not opened from one."""
    if mail.places.is_panel_overlay or mail.places.is_mailboxes_overlay:
        return False
    behind = _still_wanted(mail)
    if behind is None or mail.listings.shown is not behind.listing:
        return False
    mail.behind = behind.before
    mail.listings.take_back(behind.mail)
    for screen in behind.screens:
        mail.app.push_screen(screen)
    return True


def _still_wanted(mail: MailScreen) -> Behind | None:
    """Return what waits behind what the mail shows, or showed before a search; let it go when the user went elsewhere."""
    behind = mail.behind
    if behind is None or mail.listings.leads_to(behind.listing):
        return behind
    mail.behind = None
    while behind is not None:
        for screen in behind.screens:
            _remove(screen)
        behind = behind.before
    return None


def leave(screen: Screen[Any]) -> None:
    """Close a page, or a list that pages were opened from."""
    screen.app.pop_screen()
    if screen.app.is_screen_installed(screen):
        _remove(screen)


def go(screen: Worklist, pressed: tuple[str, ...]) -> bool:
    """Go where a key of the mail goes, leaving every page and list on the way; False when it goes nowhere."""
    from tui.commands.registry import Command, Pane  # like the keymap: only when wanted
    from tui.screens.worklist import Worklist

    if pressed[0] != _GO:
        return False
    dispatcher = screen.mail.dispatcher
    found = dispatcher.keymap.find(Pane.LIST, pressed)
    if not isinstance(found, Command):
        return False
    app = screen.app
    while isinstance(app.screen, Worklist):
        leave(app.screen)
    dispatcher.run(found)
    return True


def _remove(screen: Screen[Any]) -> None:
    screen.app.uninstall_screen(screen)
    screen.remove()
