"""What the keys of a draft do: the review bar and everything one gets at from it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from textual.content import Content
from textual.screen import ModalScreen

from mail import drafts as drafts_of
from mail import presend, signatures
from mail.build import Unbuildable, size_estimate
from mail.drafts import DraftFile
from mail.types import Address, SafeText
from store.sending import attached, drafts, identities, submissions
from tui.bridge import in_store
from tui.content import line
from tui.format import plural, size
from tui.screens.compose import MOST_OCTETS, ComposeScreen
from tui.writing import drafting
from tui.writing import keys as compose_keys

if TYPE_CHECKING:
    from store.crm.items import ItemRef
    from store.links.links import Visibility
    from tui.screens.review import Reviewed
    from tui.writing.open_drafts import Writing

T = TypeVar("T")
_STAYING: Final = frozenset({"attach", "detach", "preview", "from", "markdown", "link", "visibility", "help"})
"""After these the review bar comes back."""
_FIELDS: Final = frozenset({"to", "cc", "bcc", "subject"})
_FIELD_OF: Final = {"no_recipients": "to", "unresolved_name": "to", "invalid_address": "to"}


class Choices:
    """One key press over one draft, carried through with the dialogs it takes."""

    def __init__(self, writing: Writing, screen: ComposeScreen) -> None:
        self._writing = writing
        self._mail = writing.mail
        self._db = writing.db
        self._screen = screen

    async def do(self, choice: str) -> None:
        """Do what a choice means."""
        if choice in _FIELDS:
            self._screen.go_to(choice)
            return
        match choice:
            case "review":
                await self._review()
            case "edit":
                self._screen.body.focus()
            case "editor":
                await self._edit()
            case "put_aside":
                await self._writing.leave(self._screen)
            case "send" | "send_archive" | "later":
                await self._send(choice)
            case "attach":
                await self._attach()
            case "detach":
                await self._detach()
            case "preview":
                await self._preview()
            case _:
                await self._do_rarely(choice)

    async def _do_rarely(self, choice: str) -> None:
        match choice:
            case "from":
                await self._choose_sender()
            case "markdown":
                self._switch_markdown()
            case "link":
                await self._link()
            case "visibility":
                await self._set_visibility()
            case "clear":
                await self._clear()
            case "postpone":
                await self._postpone()
            case "leave":
                await self._discard_or_postpone()
            case "help":
                await self._help()

    async def _ask(self, dialog: ModalScreen[T]) -> T | None:
        return await self._mail.app.push_screen_wait(dialog)

    # -- the review bar

    async def _review(self) -> None:
        from tui.screens.review import Review

        await self._screen.journal.keep()
        self._screen.mark_unresolved()
        choice: str | None = "help"
        while choice in _STAYING:
            choice = await self._ask(Review(await self._reviewed()))
            await self.do(choice or "edit")

    async def _reviewed(self) -> Reviewed:
        from tui.screens.review import Reviewed, summary

        draft = self._screen.draft()
        asked = await self._questions()
        people = [
            (caption, summary([one.name or one.email for one in whom]))
            for caption, whom in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc))
            if whom
        ]
        files = ", ".join(f"{one.name} {size(one.size_octets)}" for one in draft.attachments)
        about = await in_store(drafting.standing, self._db, self._screen.row)
        lines = [
            ("From", drafts_of.written((draft.sender,))),
            *people,
            ("Subject", draft.subject),
            *((("Files", files),) if files else ()),
            *((("Link", about),) if about else ()),
            ("Size", f"{size(size_estimate(draft))}{', Markdown' if draft.is_markdown else ''}"),
        ]
        return Reviewed(tuple(lines), asked)

    async def _questions(self) -> tuple[presend.Question, ...]:
        draft = self._screen.draft()
        facts = await in_store(drafting.send_facts, self._db, self._screen.row)
        found = await in_store(presend.questions, draft, replace(facts, most_octets=MOST_OCTETS))
        reminds = self._mail.settings.attachment_reminder
        return tuple(each for each in found if reminds or each.id != "nothing_attached")

    async def _help(self) -> None:
        from tui.screens.page import Page

        rows: list[Content] = []
        for title, keys in compose_keys.sections():
            rows += [Content(""), Content.styled(title, "bold")]
            rows += [Content.assemble((f"  {key:<16}", "bold"), what) for key, what in keys]
        await self._ask(Page("Keys of writing", Content("\n").join(rows)))

    # -- sending

    async def _send(self, choice: str) -> None:
        blocking = [each for each in await self._questions() if each.severity is presend.Severity.BLOCKS]
        if blocking:
            self._screen.go_to(_FIELD_OF.get(blocking[0].id, "to"))
            self._screen.warn(blocking[0].sentence)
            return
        not_before = int(time.time()) + self._mail.settings.undo_send_s
        if choice == "later":
            at = await self._ask_when()
            if at is None:
                return
            not_before = int(at.timestamp())
        await self._queue(not_before, archive=choice == "send_archive")

    async def _ask_when(self) -> datetime | None:
        from tui.screens.send_later import SendLater

        return await self._ask(SendLater())

    async def _queue(self, not_before: int, *, archive: bool) -> None:
        if not await self._screen.journal.keep():
            return  # it said why; what would go out is not what is on the screen
        archive = archive or self._mail.settings.send_archive
        try:
            row = await in_store(
                submissions.queue,
                self._db,
                self._screen.row.id,
                not_before=not_before,
                archive_thread=archive,
            )
        except Unbuildable as error:
            self._screen.warn(f"Not sent: {error.reason}")
            return
        except attached.AttachmentGone as error:
            self._screen.warn(f"Not sent: {error}")
            return
        self._writing.finish(self._screen)
        await self._mail.reload()
        await self._writing.tell_sent(row)

    # -- postponing, discarding, clearing

    async def _postpone(self) -> None:
        from tui.writing.open_drafts import save_copy

        if not await self._screen.journal.keep():
            return
        problem = await save_copy(self._db, self._screen.row.id)
        self._writing.finish(self._screen)
        await self._mail.reload()
        told_at = self._writing.told_at
        (told_at.warn if problem else told_at.say)(problem or "Kept in Drafts")

    async def _discard_or_postpone(self) -> None:
        from tui.screens.leave import Leave

        answer = await self._ask(Leave())
        if answer == "postpone":
            await self._postpone()
        elif answer == "discard":
            await self._screen.journal.keep()
            self._screen.journal.close()
            action = await in_store(drafts.discard, self._db, self._screen.row.id)
            self._writing.finish(self._screen)
            await self._mail.reload()
            self._writing.told_at.say(line(action.title), can_undo=True)

    async def _clear(self) -> None:
        from tui.screens.confirm import Confirm

        question = "Empty all fields, the text and the attachments? Ctrl+z in the text brings the text back."
        if not await self._ask(Confirm(Content(question))):
            return
        draft = self._screen.draft()
        row = next((each for each in self._screen.identities if each.identity.address == draft.sender), None)
        text = signatures.below(row.identity.signature) if row else ""
        self._screen.take(
            replace(draft, to=(), cc=(), bcc=(), subject="", body=text, attachments=(), cursor=0)
        )
        self._screen.body.go_to(0)
        self._screen.go_to("to")
        self._screen.say("Cleared")

    # -- attachments

    async def _attach(self) -> None:
        from tui.screens.attach import Attach, total

        sizes = [one.size_octets for one in self._screen.attachments]
        paths = await self._ask(Attach("", total(sizes, MOST_OCTETS)))
        if not paths:
            return
        kept, problems = await in_store(self._keep_all, paths)
        self._screen.attachments += tuple(kept)
        self._screen.show_files()
        self._screen.changed()
        if problems:
            self._screen.warn("; ".join(problems))
        else:
            self._screen.say(f"Attached {plural(len(kept), 'file')}")

    def _keep_all(self, paths: list[Path]) -> tuple[list[DraftFile], list[str]]:
        """Copy files to where drafts keep theirs, and say which could not be."""
        kept, problems = [], []
        for path in paths:
            try:
                kept.append(attached.keep(self._db, path, path.name))
            except attached.CannotAttach as error:
                problems.append(str(error))
        return kept, problems

    async def _detach(self) -> None:
        from tui.screens.pick import Choice, Picker

        files = self._screen.attachments
        if not files:
            self._screen.say("Nothing is attached")
            return
        choices = [
            Choice(number, Content(line(one.name)), one.name, size(one.size_octets))
            for number, one in enumerate(files)
        ]
        picked = await self._ask(Picker("Take which attachment away?", choices))
        if picked is not None:
            self._screen.attachments = files[:picked] + files[picked + 1 :]
            self._screen.show_files()
            self._screen.changed()

    # -- how it looks, who writes

    async def _preview(self) -> None:
        from tui.screens.page import Page
        from tui.writing import preview as compose_preview

        draft, row = self._screen.draft(), self._screen.row
        try:
            text = await in_store(compose_preview.text, self._db, draft, row.message_id)
        except Unbuildable as error:
            self._screen.warn(error.reason)
            return
        except attached.AttachmentGone as error:
            self._screen.warn(str(error))
            return
        await self._ask(Page("As it will be read", Content(text)))

    def _switch_markdown(self) -> None:
        is_markdown = not self._screen.draft().is_markdown
        self._screen.change(is_markdown=is_markdown)
        self._screen.say("Markdown: sent as text and HTML" if is_markdown else "Plain text")

    async def _choose_sender(self) -> None:
        from tui.screens.pick import Choice, Picker

        rows = await in_store(identities.all, self._db)
        self._screen.identities = rows
        choices = [
            Choice(row, Content(line(drafts_of.written((row.identity.address,)))), row.identity.address.email)
            for row in rows
        ]
        picked = await self._ask(Picker("Write as", choices))
        if picked is not None:
            self._screen.write_as(picked)

    # -- the CRM

    async def _link(self) -> None:
        from store.crm.items import ItemKind
        from store.links.links import CannotLink
        from tui.screens.confirm import Confirm
        from tui.screens.link import LinkPicker

        linked = await in_store(drafting.linked_item, self._db, self._screen.row)
        title = Content.styled("Write about", "bold")
        item = await self._ask(LinkPicker(self._db, title, linked, (), kinds=tuple(ItemKind)))
        if item is None:
            return
        if item.kind.fills_the_slot:
            told = await in_store(drafting.shown_by_link, self._db, self._screen.row, item.ref)
            if told and not await self._ask(Confirm(Content(f"{line(told)} Link it?"))):
                return
            try:
                row = await in_store(drafting.link, self._db, self._screen.row, item.ref)
            except CannotLink as error:
                self._screen.warn(f"Not linked: {error}")
                return
            self._screen.row = row._replace(draft=self._screen.row.draft)
            self._screen.show_about(f"{item.kind.value.title()}: {item.title}")
        await self._supply_recipient(item.ref, item.title)

    async def _supply_recipient(self, item: ItemRef, title: str) -> None:
        """Let an item name the recipient while there is none (M74); a free address stays possible (M77)."""
        from store.links.contacts import Participant
        from store.sending import recipients
        from tui.screens.pick import Choice, Picker
        from tui.widgets.recipients import RecipientInput

        field = self._screen.query_one("#to", RecipientInput)
        if field.value.strip():
            return
        people = await in_store(recipients.of_item, self._db, item)
        if not people:
            self._screen.say(f"No address is known at {title}")
            return
        choices: list[Choice[Participant | None]] = [
            Choice(each, Content(line(f"{each.name} <{each.email}>")), f"{each.name} {each.email}")
            for each in people
        ]
        chosen = people[0] if len(people) == 1 else await self._ask(Picker("Write to whom?", choices))
        if chosen is not None:
            field.add(Address(SafeText(line(chosen.name)), SafeText(line(chosen.email))))
            field.value = field.value.rstrip(", ")
            self._screen.changed()

    async def _set_visibility(self) -> None:
        from store.links.links import CannotLink
        from tui.screens.confirm import Confirm
        from tui.screens.pick import Choice, Picker

        choices: list[Choice[Visibility]] = [
            Choice("private", Content("Private: only you see the conversation"), "private"),
            Choice("shared", Content("Shared: all who see what it is linked to"), "shared"),
        ]
        picked = await self._ask(Picker("Visibility of the conversation", choices))
        if picked is None:
            return
        if picked == "shared":
            told = await in_store(drafting.shown_by_sharing, self._db, self._screen.row)
            if told and not await self._ask(Confirm(Content(f"{line(told)} Share it?"))):
                return
        await self._screen.journal.keep()
        try:
            done = await in_store(drafting.set_visibility, self._db, self._screen.row, picked)
        except (CannotLink, Unbuildable) as error:
            self._screen.warn(f"Not changed: {error}")
            return
        self._screen.say(done.title)

    # -- the user's own editor

    async def _edit(self) -> None:
        from tui.writing.editing import edit

        await edit(self._screen, self._mail.settings.editor)
