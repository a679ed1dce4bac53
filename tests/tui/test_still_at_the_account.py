"""What the reader does with mail that is known by its header alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import makers
import pytest
import screens
import waiting
from screens import settled, the_screen
from textual.events import Key
from textual.pilot import Pilot

from mail import parse
from mail.types import EmailId, Role
from store import accounts, emails, fetching, ingest, ingest_fill, mailboxes, thread_list
from store.database import Database
from store.rows import EmailRow
from tui.app import DealboxApp
from tui.screens.attachments import SaveWish
from tui.writing.saving import save

HEADER = b"From: ana@acme.example\r\nSubject: Large offer\r\nMessage-ID: <l1@acme.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
MESSAGE = HEADER + (
    b"--b\r\nContent-Type: text/plain\r\n\r\nThe offer is attached.\r\n"
    b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="offer.pdf"\r\n\r\n'
    + b"x" * 200_000
    + b"\r\n--b--\r\n"
)


@pytest.fixture
def email_id(db: Database) -> EmailId:
    account_id = makers.an_account(db)
    accounts.set_status(db, account_id, "live")
    remote = replace(
        makers.a_remote("7.1", message=None), header=HEADER, size_octets=len(MESSAGE), identity=b"i" * 16
    )
    batch = makers.a_batch([remote])
    (thread_id,) = ingest.apply(
        db, account_id, batch, [ingest.Arrival(remote, parse.parse_header(HEADER, len(MESSAGE)))]
    )
    return emails.in_thread(db, thread_id)[0].id


def rows(db: Database) -> tuple[EmailRow, ...]:
    thread = mailboxes.with_role(db, Role.INBOX)
    row = thread_list.ThreadList(db, thread).row(0)
    assert row is not None
    return emails.in_thread(db, row.thread_id)


def come(db: Database, email_id: EmailId) -> None:
    account_id = accounts.all(db)[0].id
    ingest_fill.fill(db, account_id, [ingest_fill.Filled(email_id, parse.parse(MESSAGE))])


async def until(app: DealboxApp, pilot: Pilot[int], words: str) -> str:
    return await screens.shows(app, words)


async def test_a_text_still_at_the_account_is_asked_for_and_shown_when_it_comes(
    db: Database, email_id: EmailId
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(app, pilot, "is being fetched")
        assert [one.email_id for one in fetching.next_bodies(db, accounts.all(db)[0].id, 2**40)] == [email_id]
        assert fetching.is_awaited(db, accounts.all(db)[0].id, 2**40)
        come(db, email_id)
        # The list shows the preview as soon as it is read again, the reader its files with the body.
        shown = await until(app, pilot, "offer.pdf")
        assert "The offer is attached." in shown and "is being fetched" not in shown


async def test_an_attachment_still_at_the_account_is_fetched_and_then_saved(
    db: Database, email_id: EmailId, tmp_path: Path
) -> None:
    come(db, email_id)
    account_id = accounts.all(db)[0].id
    (row,) = rows(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        saving = app.mail.run_worker(save(app.mail, row, SaveWish(row.attachments, False, tmp_path)))
        await until(app, pilot, "Fetching 200 KB to save")
        await waiting.until_true(lambda: fetching.next_part(db, account_id, 2**40), "the part is wanted")
        wanted = fetching.next_part(db, account_id, 2**40)
        assert wanted is not None and wanted.part == "2"
        fetching.keep_part(db, wanted, lambda file: file.write(b"the offer"))  # type: ignore[arg-type]
        await until(app, pilot, "Saved ")
        await saving.wait()
    assert (tmp_path / "offer.pdf").read_bytes() == b"the offer"


async def test_why_an_attachment_cannot_be_had_is_said(
    db: Database, email_id: EmailId, tmp_path: Path
) -> None:
    come(db, email_id)
    (row,) = rows(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        saving = app.mail.run_worker(save(app.mail, row, SaveWish(row.attachments, False, tmp_path)))
        await until(app, pilot, "Fetching")
        account_id = accounts.all(db)[0].id
        await waiting.until_true(lambda: fetching.next_part(db, account_id, 2**40), "the part is wanted")
        wanted = fetching.next_part(db, account_id, 2**40)
        assert wanted is not None
        fetching.part_failed(db, wanted, "the message is gone from the server", 0, is_final=True)
        await until(app, pilot, "Not saved: the message is gone from the server")
        await saving.wait()
    assert not (tmp_path / "offer.pdf").exists()


async def test_words_typed_ahead_of_an_answer_to_it_are_forgotten(db: Database, email_id: EmailId) -> None:
    """No answer is begun yet: its words would be commands of the list, and trash the conversation."""
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        for key in "rdede":
            app.post_message(Key(key, key))
        await until(app, pilot, "fetching")
        await settled(app, pilot)
        inbox = thread_list.ThreadList(db, mailboxes.with_role(db, Role.INBOX))
        assert inbox.count == 1 and emails.get(db, email_id) is not None
