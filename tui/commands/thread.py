"""What is done to conversations: to the marked ones, else to the one under the cursor or open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from mail.keywords import FLAGGED, SEEN
from mail.types import MailboxId, Role, ThreadId
from store import actions, mailboxes, threads
from store.database import Database
from store.rows import ActionRow
from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line
from tui.format import plural
from tui.listing import ROLE_TITLES, Listing

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "Act on conversations"
_READING = frozenset({Pane.LIST, Pane.READER, Pane.PANEL})
Act = Callable[[Database, tuple[ThreadId, ...], MailboxId | None], ActionRow]
_GONE = (Role.TRASH, Role.JUNK)
_LOOKED_FOR = 500
"""Of more conversations than these undo looks for the newest only, when it takes the cursor to the first."""


def _by_account(
    db: Database, thread_ids: tuple[ThreadId, ...], listing: Listing, act: Act
) -> list[ActionRow]:
    """Do something from the mailbox that each conversation's account has in the list."""
    return [act(db, ids, source) for source, ids in _by_source(db, thread_ids, listing).items()]


def _by_source(
    db: Database, thread_ids: tuple[ThreadId, ...], listing: Listing
) -> dict[MailboxId | None, tuple[ThreadId, ...]]:
    if len(listing.sources) == 1:
        return {listing.sources[0][1]: thread_ids}
    groups: dict[MailboxId | None, tuple[ThreadId, ...]] = defaultdict(tuple)
    for thread_id, row in threads.rows(db, thread_ids).items():
        groups[listing.source_of(row.account_id)] += (thread_id,)
    return groups


async def _act(screen: MailScreen, act: Act, *, advance: int | None) -> None:
    """Carry an action out on what is selected, say so, and remember it for `.`.

    `advance` is how an open conversation that leaves the list gives way: 1 to the next, -1 to the previous,
    0 to the list; None when it stays.
    """
    screen.repeat = lambda: _act(screen, act, advance=advance)
    thread_ids = screen.selected_threads()
    if not thread_ids:
        screen.say("Nothing is selected")
        return
    done = await in_store(_by_account, screen.db, thread_ids, screen.listings.shown, act)
    await _after(screen, done, advance)


async def _after(screen: MailScreen, done: list[ActionRow], advance: int | None) -> None:
    was_reading, had_marks = screen.is_reading, bool(screen.thread_list.marked)
    before = screen.current_thread()
    screen.thread_list.mark_only(())
    await screen.reload()
    has_left = before is not None and screen.thread_list.source.find(before.thread_id) is None
    if has_left and advance == -1:
        screen.thread_list.move(-1)
    if was_reading and has_left and advance is not None and not had_marks:
        if advance == 0:
            screen.leave_reader()
        else:
            screen.preview.show_now(is_opened=True)
    changed = [row for row in done if row.state == "done" and row.id]
    shown = changed or done
    if shown:
        screen.say("; ".join(row.title for row in shown), can_undo=bool(changed))


def _advance(screen: MailScreen) -> int:
    return {"next": 1, "previous": -1, "list": 0}.get(screen.settings.after_archive, 1)


async def _move(screen: MailScreen, role: Role, advance: int | None = None) -> None:
    def act(db: Database, ids: tuple[ThreadId, ...], source: MailboxId | None) -> ActionRow:
        return actions.move(db, ids, source, role)

    await _act(screen, act, advance=_advance(screen) if advance is None else advance)


async def _set(screen: MailScreen, keyword: str, value: bool) -> None:
    def act(db: Database, ids: tuple[ThreadId, ...], _source: MailboxId | None) -> ActionRow:
        return actions.set_keyword(db, ids, keyword, value)

    await _act(screen, act, advance=None)


async def _recover(screen: MailScreen) -> None:
    def act(db: Database, ids: tuple[ThreadId, ...], _source: MailboxId | None) -> ActionRow:
        return actions.recover(db, ids)

    await _act(screen, act, advance=_advance(screen))


def _is_in(screen: MailScreen, *roles: Role) -> bool:
    return screen.listings.shown.role in roles


@command(
    "thread.archive",
    "Archive (in trash and spam: recover)",
    "e",
    group=_GROUP,
    panes=_READING,
    hint="archive",
)
async def archive(screen: MailScreen) -> None:
    """Move out of the mailbox into the archive; out of trash and spam, back where it came from."""
    await (_recover(screen) if _is_in(screen, *_GONE) else _move(screen, Role.ARCHIVE))


@command("thread.archive_previous", "Archive, then the previous one", "[", group=_GROUP, panes=_READING)
async def archive_and_previous(screen: MailScreen) -> None:
    """Archive and go to the conversation above."""
    await _move(screen, Role.ARCHIVE, -1)


@command("thread.archive_next", "Archive, then the next one", "]", group=_GROUP, panes=_READING)
async def archive_and_next(screen: MailScreen) -> None:
    """Archive and go to the conversation below."""
    await _move(screen, Role.ARCHIVE, 1)


@command("thread.trash", "Move to trash", "d", "#", group=_GROUP, panes=_READING, hint="trash")
async def trash(screen: MailScreen) -> None:
    """Move to the trash, from where it can be recovered."""
    if _is_in(screen, Role.TRASH):
        screen.say(f"Already in Trash; {screen.key_of('thread.delete')} deletes for good, e recovers")
        return
    await _move(screen, Role.TRASH)


@command("thread.recover", "Recover from trash or spam", "<", group=_GROUP, panes=_READING)
async def recover(screen: MailScreen) -> None:
    """Take out of trash or spam, back to where it came from."""
    await _recover(screen)


@command("thread.delete", "Delete for good...", "D", group=_GROUP, panes=_READING)
async def delete(screen: MailScreen) -> None:
    """Delete what the mailbox holds of the conversations, for good, after asking."""
    from textual.content import Content  # dialogs load the framework's widgets: only when wanted

    from tui.screens.confirm import Confirm

    thread_ids = screen.selected_threads()
    if not thread_ids:
        screen.say("Nothing is selected")
        return
    lying = await in_store(_lying, screen.db, thread_ids, screen.listings.shown)
    if not lying:
        screen.say("Nothing to delete here: what lies in trash or spam is deleted there")
        return
    window_s = screen.settings.undo_window_s
    question = (
        f"Delete {plural(len(thread_ids), 'conversation')} for good: {plural(sum(lying.values()), 'message')} "
        f"in {_names(screen, lying)}, on the server too?\n\n"
        f"{screen.key_of('app.undo')} takes it back within {window_s} seconds; after that nothing does."
    )
    if not await screen.ask(Confirm(Content(question))):
        return

    def act(db: Database, ids: tuple[ThreadId, ...], source: MailboxId | None) -> ActionRow:
        return actions.destroy(db, ids, source, undo_window_s=window_s)

    await _act(screen, act, advance=_advance(screen))
    screen.repeat = None  # a key that repeats must never delete


def _lying(db: Database, thread_ids: tuple[ThreadId, ...], listing: Listing) -> dict[MailboxId, int]:
    """Return how many messages of the conversations lie in which mailboxes that deleting from the list empties."""
    found: dict[MailboxId, int] = {}
    for source, ids in _by_source(db, thread_ids, listing).items():
        found |= actions.mailboxes_of(db, ids, source)
    return found


def _names(screen: MailScreen, mailbox_ids: Collection[MailboxId]) -> str:
    """Return "Inbox, Archive and Sent"."""
    rows = [row for row in screen.listings.mailboxes if row.id in mailbox_ids]
    names = list(dict.fromkeys(ROLE_TITLES[row.role] if row.role else line(row.name) for row in rows))
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


@command("thread.spam", "Spam (in spam: not spam)", "!", group=_GROUP, panes=_READING)
async def spam(screen: MailScreen) -> None:
    """Move to spam; in spam, take out of it."""
    await (_recover(screen) if _is_in(screen, Role.JUNK) else _move(screen, Role.JUNK))


@command("thread.star", "Star or unstar", "s", group=_GROUP, panes=_READING, hint="star")
async def star(screen: MailScreen) -> None:
    """Star what is selected; when the current conversation has a star, take it away."""
    current = screen.current_thread()
    await _set(screen, FLAGGED, not (current is not None and current.is_flagged))


@command("thread.read", "Mark as read", "I", group=_GROUP, panes=_READING)
async def mark_read(screen: MailScreen) -> None:
    """Mark every message read."""
    await _set(screen, SEEN, True)


@command("thread.unread", "Mark as unread", "U", group=_GROUP, panes=_READING)
async def mark_unread(screen: MailScreen) -> None:
    """Mark unread."""
    await _set(screen, SEEN, False)


@command("thread.move", "Move to a mailbox...", "v", group=_GROUP, panes=_READING)
async def move(screen: MailScreen) -> None:
    """Pick a mailbox and move what is selected there."""
    from textual.content import Content  # see delete

    from tui.screens.pick import Choice, Picker

    current = screen.current_thread()
    if current is None or not screen.selected_threads():
        screen.say("Nothing is selected")
        return
    rows = await in_store(mailboxes.all, screen.db, current.account_id)
    choices = [Choice(row.id, Content(line(row.name)), row.name) for row in rows if not row.is_view]
    target = await screen.ask(Picker("Move to mailbox", choices))
    if target is None:
        return

    def act(db: Database, ids: tuple[ThreadId, ...], source: MailboxId | None) -> ActionRow:
        return actions.move_to(db, ids, source, target)

    await _act(screen, act, advance=_advance(screen))


@command("thread.repeat", "Repeat the last action", ".", group=_GROUP, panes=_READING)
async def repeat(screen: MailScreen) -> None:
    """Do the last action again, to what is selected now."""
    if screen.repeat is None:
        screen.say("There is nothing to repeat")
        return
    await screen.repeat()


@command("app.undo", "Undo", "z", group=_GROUP, hint="undo")
async def undo(screen: MailScreen) -> None:
    """Take the last action back, in mail or in the CRM."""
    await _step(screen, actions.undo, "Nothing to undo")


@command("app.redo", "Redo", "Z", "ctrl+r", group=_GROUP)
async def redo(screen: MailScreen) -> None:
    """Do again what was undone last."""
    await _step(screen, actions.redo, "Nothing to redo")


async def _step(screen: MailScreen, step: Callable[[Database], ActionRow | None], nothing: str) -> None:
    row = await in_store(step, screen.db)
    if row is None:
        screen.say(nothing)
        return
    await screen.reload()
    if row.draft_id is not None:
        await screen.writing.resume(row.draft_id)
        return
    screen.thread_list.go_to_first(sorted(row.thread_ids, reverse=True)[:_LOOKED_FOR])
    screen.preview.follow_now()
    (screen.warn if row.state == "final" else screen.say)(row.title)
