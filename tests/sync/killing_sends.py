"""Kills the worker around every commit and every command to the server while it sends. Run by test_kill.py.

killing_sends.py DIRECTORY POINTS prints the same as killing.py.
"""

from __future__ import annotations

import smtplib
import sys
from pathlib import Path
from typing import Any

import killing
import waiting
from killer import Steps
from killing import ACCOUNT, Confirm, Scenario
from sending import NoSecrets
from servers.fake_smtp import FakeSmtp
from syncing import Inline, an_account_on, sync

from mail.drafts import Draft, DraftKind
from mail.text import safe_line
from mail.types import Address
from providers import smtp
from store import accounts, invariants
from store.database import Database
from store.sending import drafts, submissions
from store.sending.submitting import NEVER
from sync.submit import submit_due

ME = "me@dealbox.example"


class SendKiller(killing.Killer):
    """Kills where a transaction begins or ends, and before and after each word to the server."""

    kinds = Steps.kinds

    def install(self) -> None:
        super().install()
        smtplib.SMTP.docmd = self.around(smtplib.SMTP.docmd)  # type: ignore[method-assign]
        smtp._Line._finish = self.around(smtp._Line._finish)  # type: ignore[method-assign]


class Sends(Scenario):
    """An answer is queued, sent, and its copy kept: it arrives once, and nothing of it is lost."""

    def prepare(self) -> None:
        self.smtp = FakeSmtp()
        killing.a_maildir(self.mail).deliver(".", killing.a_message(1), killing.NOW)
        with self.store() as db:
            an_account_on(db, self.mail, ME)
            config = {
                "path": str(self.mail),
                "smtp_host": "localhost",
                "smtp_port": str(self.smtp.port),
                "smtp_security": "none",
                "username": ME,
            }
            accounts.set_config(db, ACCOUNT, config)
            killing.settle(db)
            about = db.read().execute("SELECT id FROM email").fetchone()[0]
            draft = Draft(
                Address(safe_line("Me"), safe_line(ME)),
                to=(Address(safe_line(""), safe_line("ana@acme.example")),),
                subject="Re: Offer 1",
                body="Yes\n",
                in_reply_to="1@example.com",
                references=("1@example.com",),
                kind=DraftKind.REPLY,
            )
            self.draft_id = drafts.begin(db, ACCOUNT, draft, about=about).id
            drafts.save(db, self.draft_id)
            killing.settle(db)

    def act(self, confirm: Confirm) -> None:
        with self.store() as db:
            submissions.queue(db, self.draft_id)
            confirm()
            work(db)

    def check(self, confirmed: int) -> None:
        self.await_quiet()
        with self.store() as db:
            queued = submissions.of_draft(db, self.draft_id)
            if queued is None:
                assert not confirmed, "a message that was queued is not there"
                assert [row.id for row in drafts.open_drafts(db)] == [self.draft_id]
                assert self.times_sent() == 0
                submissions.queue(db, self.draft_id)
            work(db)
            assert self.times_sent() <= 1, "sent again unasked"
            self.answer(db)
            work(db)
            self.compare(db)
        self.smtp.accepted.clear()

    def await_quiet(self) -> None:
        """Wait until the server has dealt with what it was sent before the worker died."""
        waiting.until(lambda: not self.smtp._listener.open_connections, "the server is done")

    def times_sent(self) -> int:
        return len(self.smtp.accepted)

    def answer(self, db: Database) -> None:
        queued = submissions.of_draft(db, self.draft_id)
        assert queued is not None
        if queued.state == "unknown":
            submissions.answer(db, queued.id, was_sent=self.times_sent() == 1)

    def compare(self, db: Database) -> None:
        queued = submissions.of_draft(db, self.draft_id)
        assert queued is not None
        assert (queued.state, self.times_sent()) == ("filed", 1)
        sent = [path.read_bytes() for path in (self.mail / ".Sent").glob("*/*") if path.is_file()]
        assert [f"<{queued.message_id}>".encode() in message for message in sent] == [True]
        assert list((self.mail / ".Drafts").glob("*/*.draft*")) == []
        row = db.read().execute("SELECT answered FROM email WHERE message_id = '1@example.com'").fetchone()
        assert row[0] == 1
        assert drafts.open_drafts(db) == ()
        assert invariants.check(db) == []


def work(db: Database) -> None:
    """Be the worker until nothing is left to do but what waits for the user; no delay is waited for."""

    def look() -> None:
        sync(db, ACCOUNT, Inline())

    for _ in range(40):
        with db.write() as connection:
            connection.execute(
                "UPDATE submission SET not_before = 0, held_until = NULL WHERE not_before <> ?"
                " AND (not_before <> 0 OR held_until IS NOT NULL)",
                (NEVER,),
            )
        account = accounts.get(db, ACCOUNT)
        assert account is not None
        if submit_due(db, account, NoSecrets(), look) is None:
            break
    look()


def main(directory: Path, wanted: int) -> None:
    killing.Killer = SendKiller  # type: ignore[misc]
    made: list[Any] = []

    class Kept(Sends):
        def __init__(self, place: Path) -> None:
            made.append(self)
            super().__init__(place)

    killing.SCENARIOS["sending"] = Kept
    try:
        killing.main("sending", directory, wanted)
    finally:
        for scenario in made:
            scenario.smtp.__exit__(None, None, None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
