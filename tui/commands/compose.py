"""Writing mail: begin, answer, forward, go on; and what is on its way out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mail.keywords import DRAFT
from mail.types import Role
from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line

if TYPE_CHECKING:
    from store.rows import DraftRow, EmailRow
    from tui.screens.mail import MailScreen
    from tui.writing.drafting import Answer

_GROUP = "Write"
_WHOLE = frozenset({"forward", "forward_as_attachment", "edit_as_new"})
"""What takes a message with its attachments, not its text alone."""
_AS_NEW = -1
_SUBJECT_CELLS, _WHOM_CELLS = 36, 20
_READING = frozenset({Pane.LIST, Pane.READER, Pane.PANEL})


@command("compose.new", "New message", "c", group=_GROUP, hint="compose")
async def compose(screen: MailScreen) -> None:
    """Begin a message; from the CRM panel, one about its item to its person."""
    from tui.writing import drafting

    account_id = screen.listings.account_id
    facts = screen.crm_panel.facts if screen.pane is Pane.PANEL else None
    try:
        row = await in_store(
            drafting.begin_about,
            screen.db,
            account_id,
            facts.item if facts else None,
            facts.people if facts else (),
            is_markdown=screen.settings.markdown,
        )
    except drafting.NoAccount as error:
        screen.warn(str(error))
        return
    await screen.writing.show(row)


@command("compose.reply", "Reply", "r", group=_GROUP, panes=_READING, hint="reply")
async def reply(screen: MailScreen) -> None:
    """Answer who wrote the message."""
    await _answer(screen, "reply")


@command("compose.reply_all", "Reply to all", "a", group=_GROUP, panes=_READING)
async def reply_all(screen: MailScreen) -> None:
    """Answer everybody the message went to."""
    await _answer(screen, "reply_all")


@command("compose.forward", "Forward", "f", group=_GROUP, panes=_READING)
async def forward(screen: MailScreen) -> None:
    """Pass the text of the message on, and its attachments."""
    await _answer(screen, "forward")


@command("compose.forward_as_attachment", "Forward as an attachment", "F", group=_GROUP, panes=_READING)
async def forward_as_attachment(screen: MailScreen) -> None:
    """Pass the message on whole, as it came."""
    await _answer(screen, "forward_as_attachment")


@command("compose.resume", "Go on with a draft, or edit a message as new", "E", group=_GROUP)
async def resume(screen: MailScreen) -> None:
    """Go on with the draft that is shown, else with an unsent one, else make a new message of the one shown."""
    from store.sending import drafts

    email = await _email(screen, is_draft=_is_in_drafts(screen))
    if email is not None and DRAFT in email.keywords:
        await _resume(screen, email)
        return
    rows = await in_store(drafts.open_drafts, screen.db)
    if not rows:
        await _answer(screen, "edit_as_new")
    elif len(rows) == 1 and not screen.is_reading:
        await screen.writing.show(rows[0])
    else:
        await _pick(screen, rows, email)


@command("goto.outbox", "Outbox: what waits to be sent", "g o", group="Go to")
async def outbox(screen: MailScreen) -> None:
    """List what waits to be sent, was refused, or nobody knows of."""
    from tui.screens.outbox import Outbox

    draft_id = await screen.ask(Outbox(screen.db))
    await screen.reload()
    if draft_id is not None:
        await screen.writing.resume(draft_id)


def _is_in_drafts(screen: MailScreen) -> bool:
    return screen.listings.shown.role is Role.DRAFTS


async def _email(screen: MailScreen, *, is_draft: bool = False) -> EmailRow | None:
    """Return the message that is read, else the newest of the conversation under the cursor."""
    from tui.writing import drafting

    if screen.is_reading:
        await screen.preview.shown()
        return screen.reader.email
    row = screen.current_thread()
    if row is None:
        return None
    newest = drafting.newest_draft if is_draft else drafting.newest
    return await in_store(newest, screen.db, row.thread_id)


async def _answer(screen: MailScreen, how: Answer) -> None:
    from store import emails
    from store.sending.attached import CannotAttach
    from tui import fetch_first
    from tui.writing import drafting

    email = await _email(screen)
    if email is None:
        screen.say("No message")
        return
    if DRAFT in email.keywords and how != "edit_as_new":
        await _resume(screen, email)
        return
    settings = screen.settings
    try:
        row = await in_store(
            drafting.answer, screen.db, email.id, how, quote=settings.quote, is_markdown=settings.markdown
        )
    except emails.OctetsNotHere:
        screen.dispatcher.forget_held()
        fetching = fetch_first.fetch(screen, email, is_whole=how in _WHOLE)
        screen.run_worker(fetching, group="fetching", exit_on_error=True)
        return
    except (drafting.NoAccount, emails.OctetsGone, CannotAttach) as error:
        screen.dispatcher.forget_held()
        screen.warn(f"Not begun: {error}")
        return
    await screen.writing.show(row)


async def _resume(screen: MailScreen, email: EmailRow) -> None:
    from store import emails
    from store.sending import drafts
    from tui import fetch_first

    try:
        row = await in_store(drafts.resume, screen.db, email.id)
    except emails.OctetsNotHere:
        fetching = fetch_first.fetch(screen, email, is_whole=True)
        screen.run_worker(fetching, group="fetching", exit_on_error=True)
        return
    except (drafts.NotOpen, emails.OctetsGone) as error:
        screen.warn(str(error))
        return
    await screen.writing.show(row)


async def _pick(screen: MailScreen, rows: tuple[DraftRow, ...], email: EmailRow | None) -> None:
    """Let the user choose among unsent drafts, and the message shown as a new one."""
    from textual.content import Content

    from tui.format import short_date, shorten
    from tui.screens.pick import Choice, Picker

    choices: list[Choice[int]] = []
    for row in rows:
        subject = shorten(line(row.draft.subject) or "(no subject)", _SUBJECT_CELLS)
        whom = shorten(line(", ".join(one.name or one.email for one in row.draft.to)), _WHOM_CELLS)
        label = Content.assemble(subject, (f"  {whom}", "dim"))
        choices.append(
            Choice(row.id, label, f"{subject} {whom}", short_date(row.updated_at, int(time.time())))
        )
    if email is not None:
        subject = shorten(line(email.subject) or "(no subject)", _SUBJECT_CELLS)
        label = Content.assemble(("A new message like  ", "dim"), subject)
        choices.append(Choice(_AS_NEW, label, f"new {subject}"))
    picked = await screen.ask(Picker("Go on with which draft?", choices))
    if picked == _AS_NEW:
        await _answer(screen, "edit_as_new")
    elif picked is not None:
        await screen.writing.resume(picked)
