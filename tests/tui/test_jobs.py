from __future__ import annotations

import makers
import screens
from screens import an_inbox, settled, the_screen
from textual.pilot import Pilot

from mail.types import Role
from store import accounts, actions, jobs, outbox
from store.database import Database
from store.jobs import Job
from tui.app import DealboxApp
from tui.screens.jobs import Jobs, account_line, job_line

JOB = Job(makers.AccountId(1), "move", "pending", "Archive", (), (), 1000, 0, 0, 0, "", 1)


def test_a_job_says_what_it_is_and_when_it_is_tried_again() -> None:
    assert job_line(JOB, 60).startswith("Move 1,000 messages to Archive  waits since ")
    failed = JOB._replace(attempts=3, not_before=92, error="connection lost")
    told = "Move 1,000 messages to Archive  tried 3 times, again in 32 s: connection lost"
    assert job_line(failed, 60) == told
    marked = JOB._replace(
        kind="set_keywords", add=("$seen",), remove=("$flagged",), state="running", messages=1
    )
    assert job_line(marked, 60) == "Mark 1 message read, not starred  under way"
    refused = JOB._replace(kind="create_mailbox", state="rejected", error="no permission")
    assert job_line(refused, 60) == "Make the mailbox Archive  refused: no permission"


async def test_the_page_shows_accounts_and_jobs_tries_again_and_gives_up(db: Database) -> None:
    account_id, boxes, threads = an_inbox(db, 3)
    actions.move(db, threads[:2], boxes[Role.INBOX], Role.ARCHIVE)
    group = outbox.next_group(db, account_id, 2**40)
    outbox.postpone(db, [one.id for one in group], 2**40, "the server is [busy]")
    async with the_screen(db, size=(100, 30)) as (app, pilot):
        await pilot.press("g", "j")
        for words in ("in sync", "Move 2 messages to Archive", "server is [busy]"):
            await shows(app, pilot, words)
        await pilot.press("r")
        await shows(app, pilot, "next: the server")
        assert jobs.all(db)[0].not_before == 0
        await pilot.press("d")
        await shows(app, pilot, "refused: you gave it up")
        assert [job.state for job in jobs.all(db)] == ["rejected"]
        await pilot.press("d")
        await shows(app, pilot, "Nothing waits")
        await pilot.press("q")
        await settled(app, pilot)
        assert jobs.all(db) == ()
        assert not isinstance(app.screen, Jobs)


async def shows(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    await screens.shows(app, words)


def test_an_account_line_says_how_it_is_doing(db: Database) -> None:
    account_id = makers.an_account(db)
    accounts.set_status(db, account_id, "waiting", "connection lost")
    row = accounts.get(db, account_id)
    assert row is not None
    assert account_line(row, 0).endswith("waiting, connection lost")
    accounts.set_status(db, account_id, "live")
    row = accounts.get(db, account_id)
    assert row is not None and row.synced_at is not None
    assert account_line(row, row.synced_at + 60).endswith("in sync, last in step 60 s ago")
