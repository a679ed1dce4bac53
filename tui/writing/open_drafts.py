"""The messages being written: opened, put aside and come back to, several at once beside the mail that is read."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Final

from mail.drafts import BadDraft
from store import accounts
from store.database import Database, StoreUnusable
from store.sending import drafts, identities, unsent
from tui.bridge import in_store
from tui.screens.compose import ComposeScreen
from tui.widgets.pane import Telling
from tui.writing import drafting

if TYPE_CHECKING:
    from store.rows import DraftRow, SubmissionRow
    from tui.glyphs import Glyphs
    from tui.screens.mail import MailScreen

FAILURES = (sqlite3.Error, StoreUnusable, OSError, BadDraft, drafts.NotOpen)
"""What keeps the store from doing something with a draft; each says why."""

_SOON_S: Final = 120


class Writing:
    """Knows the drafts on this screen; `put_aside` are those not being looked at, by their id."""

    def __init__(self, mail: MailScreen) -> None:
        self.mail = mail
        self.put_aside: dict[int, ComposeScreen] = {}
        self._is_choosing = False

    @property
    def db(self) -> Database:
        """The store."""
        return self.mail.db

    @property
    def told_at(self) -> Telling:
        """Where the user sees what became of a draft: the page it was begun from, else the mail."""
        shown: object = self.mail.app.screen
        if isinstance(shown, Telling) and not isinstance(shown, ComposeScreen):
            return shown
        return self.mail

    @property
    def glyphs(self) -> Glyphs:
        """The signs to draw with."""
        return self.mail.glyphs

    @property
    def open_screens(self) -> tuple[ComposeScreen, ...]:
        """The drafts on this screen, looked at or put aside."""
        shown = [each for each in self.mail.app.screen_stack if isinstance(each, ComposeScreen)]
        return (*shown, *self.put_aside.values())

    # -- coming and going

    async def show(self, row: DraftRow) -> ComposeScreen:
        """Show a draft to write on, as it was left if it was put aside here."""
        screen = self.put_aside.pop(row.id, None)
        if screen is None:
            rows = await in_store(identities.all, self.db)
            screen = ComposeScreen(self, row, rows)
            self.mail.app.install_screen(screen, str(screen.name))
        await self.mail.app.push_screen(screen)
        screen.show_about(await in_store(drafting.about, self.db, row))
        screen.update_frame()
        return screen

    async def resume(self, draft_id: int) -> None:
        """Show a draft by its id; say so when it is being written no more."""
        row = await in_store(drafts.get, self.db, draft_id)
        if row is None or row.state != "writing":
            self.mail.warn("This message is not being written any more: it was sent or discarded")
            return
        await self.show(row)

    async def leave(self, screen: ComposeScreen) -> None:
        """Put a draft aside: kept as it is, its copy in Drafts too. One nothing was written in goes."""
        if screen.is_untouched and await in_store(unsent.forget, self.db, screen.row.id):
            self.finish(screen)
            return
        if not await screen.journal.keep():
            return
        self.mail.app.pop_screen()
        self.put_aside[screen.row.id] = screen
        self.tell_open()
        self.told_at.say(f"Put aside: {self.mail.key_of('compose.resume')} comes back to it")
        self.mail.run_worker(self._save_copy(screen.row.id), group="drafts", exit_on_error=True)

    async def _save_copy(self, draft_id: int) -> None:
        problem = await save_copy(self.db, draft_id)
        await self.mail.listings.reload()
        if problem:
            self.told_at.warn(problem)

    def finish(self, screen: ComposeScreen) -> None:
        """Close a draft that was sent, discarded or postponed."""
        screen.journal.close()
        app = self.mail.app
        if self.put_aside.pop(screen.row.id, None) is not None:
            app.uninstall_screen(screen)
            screen.remove()
        elif screen is app.screen:
            app.pop_screen()
            app.uninstall_screen(screen)
            screen.remove()
        self.tell_open()

    def tell_open(self) -> None:
        """Let the mail screen say how many drafts are put aside."""
        self.mail.drafts_open = len(self.put_aside)
        self.mail.update_frame()

    def keep_now(self) -> None:
        """Keep everything before this returns."""
        for screen in self.open_screens:
            screen.journal.keep_now()

    async def choose(self, screen: ComposeScreen, choice: str) -> None:
        """Do what a key of a draft means, one after the other."""
        from tui.writing.choices import Choices

        if self._is_choosing:
            return
        self._is_choosing = True
        try:
            await Choices(self, screen).do(choice)
        except FAILURES as error:
            screen.warn(f"Not done: {error}")
        finally:
            self._is_choosing = False

    # -- what the mail screen tells

    async def tell_sent(self, row: SubmissionRow) -> None:
        """Say when a message goes, how it is taken back, and what keeps it from going."""
        wait_s = row.not_before - int(time.time())
        key = self.mail.key_of("app.undo")
        if wait_s > _SOON_S:
            at = time.strftime("%a %d %b %H:%M %Z", time.localtime(row.not_before))
            said = f"Goes out {at}; {key} takes it back, {self.mail.key_of('goto.outbox')} lists it"
        else:
            said = f"Sending in {wait_s} s, {key} takes it back" if wait_s > 0 else "Sending now"
        account = await in_store(accounts.get, self.db, row.account_id)
        if account is not None and account.kind == "maildir":
            self.told_at.warn(
                f"{said}. But it only waits: {account.name} is a Maildir, with no server to send through"
            )
        else:
            self.told_at.say(said)


async def save_copy(db: Database, draft_id: int) -> str:
    """Let the copy in Drafts say what the draft says; return why it does not, or nothing."""
    from mail.build import Unbuildable
    from store.sending.attached import AttachmentGone

    try:
        await in_store(drafts.save, db, draft_id)
    except Unbuildable as error:
        return f"Kept here, but not in the Drafts mailbox: {error.reason}"
    except (AttachmentGone, *FAILURES) as error:
        return f"Kept here, but not in the Drafts mailbox: {error}"
    return ""
