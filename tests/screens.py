"""The whole screen in a test: a store with threads, and what the screen shows as text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import makers
import stored
import waiting
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from mail.types import AccountId, MailboxId, Role, ThreadId
from store import accounts
from store.database import Database
from store.settings import Settings
from tui.app import DealboxApp

Kind = TypeVar("Kind", bound=Screen[object])


def an_inbox(
    db: Database, count: int, *, unread: int = 0
) -> tuple[AccountId, dict[Role, MailboxId], list[ThreadId]]:
    """Fill an inbox with conversations of one message each; return account, mailboxes and threads, newest first."""
    account = makers.an_account(db)
    boxes = stored.mailboxes_of(db, account)
    accounts.set_status(db, account, "live")
    ids = [
        stored.a_stored_email(
            db,
            account,
            boxes[Role.INBOX],
            subject=f"Subject {number}",
            from_=f"person{number}@acme.example",
            received_at=makers.NOW + number * 60,
            keywords=() if number < unread else ("$seen",),
        ).thread_id
        for number in range(count)
    ]
    return account, boxes, ids[::-1]


@asynccontextmanager
async def the_screen(
    db: Database, *, size: tuple[int, int] = (80, 24), settings: Settings | None = None
) -> AsyncIterator[tuple[DealboxApp, Pilot[int]]]:
    """Run the screen over a store, without a worker."""
    app = DealboxApp(db, settings or Settings(), has_worker=False)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def lines(app: App[int]) -> list[str]:
    """Return the screen as lines of text."""
    strips = app.screen._compositor.render_strips()  # there is no public way to what is painted
    return [strip.text.rstrip() for strip in strips]


def text(app: App[int]) -> str:
    """Return the screen as text."""
    return "\n".join(lines(app))


async def shows(app: App[int], *words: str) -> str:
    """Wait until all these words are on the screen, and return its text."""
    await waiting.until_true(
        lambda: all(each in text(app) for each in words), lambda: f"{words} on the screen:\n{text(app)}"
    )
    return text(app)


async def top(app: App[int], kind: type[Kind]) -> Kind:
    """Wait until a screen of that kind is shown and nothing moves on it, and return it."""
    await waiting.until_true(lambda: isinstance(app.screen, kind), lambda: f"a {kind}, not {app.screen}")
    await waiting.until_idle()
    assert isinstance(app.screen, kind)
    return app.screen


async def settled(app: DealboxApp, pilot: Pilot[int]) -> None:
    """Wait until no command waits or runs any more and everything is painted."""
    await pilot.pause()
    await app.mail.dispatcher.idle()
    previews = [worker for worker in app.workers if worker.group == "preview" and not worker.is_finished]
    if previews:
        await app.workers.wait_for_complete(previews)
    await pilot.pause()
