"""What the page of an item does: the verbs of tui.items.verbs, and what only a page does. One thing after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.content import Content

from linking import service, smart_bcc
from mail.text import safe_block, safe_line
from mail.types import Address, ThreadId
from store import accounts, actions, threads
from store.crm import item_page, item_refs, items, notes
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemRef
from store.crm.notes import NoteRow
from store.links import links
from store.rows import ActionRow
from store.sending import recipients
from tui.bridge import in_store
from tui.content import line
from tui.items import adding, host, link_verbs, planning, verbs
from tui.screens.confirm import Confirm
from tui.widgets.item_lines import OpenPage, OpenThread, ShowText
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from tui.screens.item import ItemPage

Verb = Callable[["ItemPage", ItemRef], Awaitable[object]]


async def _products(page: ItemPage, item: ItemRef) -> object:
    from tui.items.products import products

    return await products(page, item)


_ITEM_VERBS: Final[dict[str, Verb]] = {
    "stage": verbs.set_stage,
    "won": verbs.win_or_complete,
    "lost": verbs.lose_or_cancel,
    "note": verbs.add_note,
    "activity": planning.add_activity,
    "owner": verbs.assign,
    "labels": verbs.set_labels,
    "follow": verbs.follow,
    "merge": verbs.merge,
    "products": _products,
}


class Doing:
    """Carries out what a key of the page means."""

    def __init__(self, page: ItemPage) -> None:
        self._page = page
        self._own: dict[str, Callable[[], Awaitable[object]]] = {
            "edit": self._edit,
            "done": self._done,
            "reopen": self._reopen,
            "archive": self._archive,
            "delete": self._delete,
            "convert": self._convert,
            "pin": self._pin,
            "edit_note": self._edit_note,
            "delete_note": self._delete_note,
            "link": self._link,
            "unlink": self._unlink,
            "share": self._share,
            "compose": self._compose,
            "bcc": self._bcc,
            "undo": self._undo,
            "redo": self._redo,
        }

    async def do(self, name: str) -> None:
        """Do one thing. The page runs these one after the other, and shows the new state."""
        page = self._page
        item = page.ref.item
        if name in self._own:
            await self._own[name]()
        elif item is not None:
            await _ITEM_VERBS[name](page, item)
        else:
            page.say(f"Not of a {page.ref.kind.value}")

    # -- the item itself

    async def _edit(self) -> None:
        if self._page.ref.kind is PageKind.ACTIVITY:
            await planning.edit_activity(self._page, self._page.ref.id)
        else:
            await adding.edit(self._page, self._page.ref)

    async def _done(self) -> None:
        facts = self._page.facts
        is_done = facts is not None and facts.status == "open"
        await planning.done_or_not(self._page, self._page.ref.id, is_done=is_done)

    async def _reopen(self) -> None:
        page, item, facts = self._page, self._page.ref.item, self._page.facts
        if item is None or facts is None:
            return
        if facts.is_deleted:
            await verbs.restore(page, item)
        elif facts.status == "archived":
            await verbs.unarchive(page, item)
        elif facts.is_open:
            page.say("It is open already")
        else:
            await verbs.reopen(page, item)

    async def _archive(self) -> None:
        page, item, facts = self._page, self._page.ref.item, self._page.facts
        if item is not None and facts is not None:
            is_archived = facts.status == "archived"
            await (verbs.unarchive if is_archived else verbs.archive)(page, item)

    async def _convert(self) -> None:
        """Make a deal of the lead and show it; q comes back to the lead."""
        page = self._page
        made = await adding.convert(page, page.ref.item) if page.ref.item is not None else None
        if made is not None:
            page.follow(OpenPage(made.ref))

    async def _delete(self) -> None:
        page = self._page
        if page.ref.item is not None:
            await verbs.delete(page, page.ref.item)
            return
        title = page.facts.title if page.facts is not None else page.ref.address
        question = Content.assemble(f"Delete the {page.ref.kind.value} ", (line(title), "bold"), "?")
        if await page.ask(Confirm(question)):
            from store.crm import activities, products

            if page.ref.kind is PageKind.ACTIVITY:
                await planning.change(page, page.ref.id, partial(activities.delete, page.db, page.ref.id))
            else:
                await host.do(page, None, partial(products.delete, page.db, page.ref.id))

    # -- notes

    async def _pin(self) -> None:
        note = await self._note()
        if note is not None:
            change = partial(notes.pin, self._page.db, note.id, not note.is_pinned)
            await host.do(self._page, verbs.whose(note), change)

    async def _edit_note(self) -> None:
        note = await self._note()
        if note is not None:
            await verbs.edit_note(self._page, note)

    async def _delete_note(self) -> None:
        note = await self._note()
        if note is not None:
            await verbs.delete_note(self._page, note)

    async def _note(self) -> NoteRow | None:
        """Return the note under the cursor; where there is none, say so."""
        pane = self._page.pane
        target = pane.current.target if isinstance(pane, LineList) and pane.current is not None else None
        if isinstance(target, ShowText):
            note = await in_store(notes.get, self._page.db, target.note_id)
            if note is not None:
                return note
        self._page.say("No note under the cursor: they are under 2 and 4")
        return None

    async def show_note(self, note_id: str, title: str) -> None:
        """Show a note in full."""
        from tui.screens.page import Page

        body = await in_store(item_page.note_body, self._page.db, note_id)
        await self._page.ask(Page(line(title), Content(safe_block(body))))

    # -- conversations

    async def _link(self) -> None:
        from tui.screens.conversation_pick import ConversationPicker

        page, item = self._page, self._page.ref.item
        if item is None or page.facts is None:
            return
        if page.facts.is_deleted:
            page.say("It was deleted: restore it first")
            return
        title = Content.assemble("Link a conversation to ", (line(page.facts.title), "bold"))
        thread_id = await page.ask(ConversationPicker(page.db, title, page.ref))
        if thread_id is not None and await self._may_link(thread_id, item):
            await self._say(partial(service.link, page.db, thread_id, item), "Not linked")

    async def _may_link(self, thread_id: ThreadId, item: ItemRef) -> bool:
        """Ask before another item is replaced, and before the link shows the conversation to others."""
        page = self._page
        slot = await in_store(links.slot, page.db, thread_id)
        questions: list[Content] = []
        if slot is not None and slot.item_id is not None and (slot.item_kind, slot.item_id) != item:
            before = await in_store(_title_of, page, slot.item_kind, slot.item_id)
            questions.append(
                Content.assemble(
                    "This conversation is linked to ",
                    (line(before), "bold"),
                    ". Link it here instead?\n\nA conversation is linked to one deal, lead or project at a time.",
                )
            )
        shown = await in_store(service.audience_change, page.db, thread_id, item)
        if shown:
            questions.append(Content(f"{line(shown)}\n\nLink it?"))
        for question in questions:
            if not await page.ask(Confirm(question)):
                return False
        return True

    async def _unlink(self) -> None:
        page, thread_id = self._page, self._thread_id()
        if thread_id is None:
            page.say("No conversation under the cursor")
            return
        row = await in_store(threads.get, page.db, thread_id)
        slot = await in_store(links.slot, page.db, thread_id)
        if row is None or slot is None or slot.item_id is None:
            page.say("It is not linked: it is here because an address of theirs takes part")
            return
        if page.ref.kind in (PageKind.PERSON, PageKind.ORGANIZATION):
            title = await in_store(_title_of, page, slot.item_kind, slot.item_id)
            question = Content.assemble(
                "Unlink ", (line(row.subject) or "(no subject)", "bold"), " from ", (line(title), "bold"), "?"
            )
            if not await page.ask(Confirm(question)):
                return
        elif (slot.item_kind, slot.item_id) != page.ref:
            page.say("It went to the deal this lead became: its page unlinks it")
            return
        await self._say(partial(service.unlink, page.db, thread_id), "Not unlinked")

    def _thread_id(self) -> ThreadId | None:
        pane = self._page.pane
        if isinstance(pane, LineList):
            target = pane.current.target if pane.current is not None else None
            return target.thread_id if isinstance(target, OpenThread) else None
        return pane.current.thread_id if pane.current is not None else None

    async def _say(self, change: Callable[[], ActionRow], failed: str) -> None:
        try:
            done = await in_store(change)
        except service.CannotLink as error:
            self._page.warn(f"{failed}: {line(str(error))}")
            return
        host.tell(self._page, done)

    async def _share(self) -> None:
        page = self._page
        if page.ref.item is not None and page.facts is not None:
            await link_verbs.share_conversations(page, (page.ref.item,), page.facts.title)

    # -- writing, copying

    async def _compose(self) -> None:
        from tui.writing import drafting

        page = self._page
        item = page.ref.item or await in_store(item_refs.about, page.db, page.ref)
        people = await in_store(recipients.of_item, page.db, item) if item is not None else ()
        to = [Address(safe_line(each.name), safe_line(each.email)) for each in people[:1]]
        about = item if item is not None and item.kind.fills_the_slot else None
        account_id = page.mail.listings.account_id
        try:
            row = await in_store(
                drafting.begin, page.db, account_id, to=to, item=about, is_markdown=page.settings.markdown
            )
        except drafting.NoAccount as error:
            page.warn(str(error))
            return
        await page.mail.writing.show(row)

    async def _bcc(self) -> None:
        page, item = self._page, self._page.ref.item
        all_accounts = await in_store(accounts.all, page.db)
        wanted = page.mail.listings.account_id
        account = next((each for each in all_accounts if wanted in (None, each.id)), None)
        if account is None or item is None:
            page.say("There is no account yet")
            return
        try:
            address = await in_store(smart_bcc.address, page.db, account.id, item)
        except smart_bcc.NoAddress as error:
            page.warn(line(str(error)))
            return
        page.app.copy_to_clipboard(address)
        page.say(f"Copied {line(address)}: what goes there in Bcc is linked here")

    # -- taking back

    async def _undo(self) -> None:
        done = await in_store(actions.undo, self._page.db)
        self._page.say(line(done.title) if done is not None else "Nothing to undo")
        if done is not None and done.draft_id is not None:
            await self._page.mail.writing.resume(done.draft_id)

    async def _redo(self) -> None:
        done = await in_store(actions.redo, self._page.db)
        self._page.say(line(done.title) if done is not None else "Nothing to redo")


def _title_of(page: ItemPage, kind: str | None, item_id: str) -> str:
    ref = PageRef(PageKind(kind), item_id).item if kind else None
    card = items.get(page.db, ref) if ref is not None else None
    return card.title if card is not None else "an item that is gone"
