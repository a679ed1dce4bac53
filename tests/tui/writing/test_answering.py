"""Answering mail that is still at its account, and what becomes of a link chosen while writing."""

from __future__ import annotations

from dataclasses import replace

import makers
import pytest
import screens

from mail import parse
from mail.drafts import Draft
from mail.types import AccountId, EmailId
from store import accounts, emails, ingest, ingest_fill
from store.database import Database
from store.sending import drafts, submissions
from tui.screens.compose import ComposeScreen
from tui.writing import drafting

HEADER = b"From: ana@acme.example\r\nSubject: Offer\r\nMessage-ID: <l1@acme.example>\r\n\r\n"
MESSAGE = HEADER + b"Forty seats.\r\n"


@pytest.fixture
def account(db: Database) -> AccountId:
    account = makers.an_account(db)
    accounts.set_status(db, account, "live")
    return account


@pytest.fixture
def email_id(db: Database, account: AccountId) -> EmailId:
    remote = replace(
        makers.a_remote("7.1", message=None), header=HEADER, size_octets=len(MESSAGE), identity=b"i" * 16
    )
    arrival = ingest.Arrival(remote, parse.parse_header(HEADER, len(MESSAGE)))
    (thread_id,) = ingest.apply(db, account, makers.a_batch([remote]), [arrival])
    return emails.in_thread(db, thread_id)[0].id


async def test_a_reply_to_mail_still_at_the_account_fetches_its_text_first(
    db: Database, account: AccountId, email_id: EmailId
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await screens.settled(app, pilot)
        await pilot.press("r")
        await screens.settled(app, pilot)
        assert "Still at the account: fetching its text" in screens.text(app)
        assert app.screen is app.mail
        ingest_fill.fill(db, account, [ingest_fill.Filled(email_id, parse.parse(MESSAGE))])
        await screens.shows(app, "press the key again")
        await pilot.press("r")
        await screens.settled(app, pilot)
        assert isinstance(app.screen, ComposeScreen)
        assert "> Forty seats." in app.screen.draft().body


def test_what_was_sent_a_moment_ago_is_known_when_the_same_is_sent_again(
    db: Database, account: AccountId
) -> None:
    person = makers.an_address("ana@acme.example")
    draft = Draft(makers.an_address("me@dealbox.example"), to=(person,), subject="Hi", body="Hello")
    row = drafts.begin(db, account, draft)
    submissions.queue(db, row.id, not_before=makers.NOW)
    again = drafts.begin(db, account, draft)
    assert len(drafting.send_facts(db, again).recent) == 1
