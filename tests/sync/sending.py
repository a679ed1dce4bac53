"""What tests of sending share: an account in memory, a submission server, and the worker's part between them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import makers
from makers import an_address
from servers.fake_smtp import Accepted, FakeSmtp
from syncing import Inline

from mail.drafts import Draft
from mail.types import AccountId, MailboxKey, Role
from providers.errors import ProviderError
from providers.fake import FakeProvider, FakeServer
from store import accounts, events, invariants
from store.database import Database
from store.rows import DraftRow, SubmissionRow
from store.sending import drafts, submissions
from store.sending.submitting import NEVER
from sync.pull import pull
from sync.push import push
from sync.submit import submit_due

ME = "me@dealbox.example"
ANA, BOB = "ana@acme.example", "bob@acme.example"
SENT = MailboxKey("Sent")
DRAFTS = MailboxKey("Drafts")


class NoSecrets:
    """The one password there is."""

    def get(self, name: str) -> str | None:
        return "secret"

    def put(self, name: str, value: str) -> None:
        raise AssertionError

    def refreshing(self, name: str) -> None:
        raise AssertionError


class Sending:
    """One account whose mailboxes are in memory, and which sends through a FakeSmtp.

    With `files` the account puts a copy of what it sends into Sent by itself; `rewrites` is the Message-ID it gives it.
    """

    def __init__(
        self, directory: Path, *, config: dict[str, str] | None = None, db: Database | None = None
    ) -> None:
        self.account = FakeServer()
        for name, role in (
            ("INBOX", Role.INBOX),
            (SENT, Role.SENT),
            (DRAFTS, Role.DRAFTS),
            ("Archive", Role.ARCHIVE),
        ):
            self.account.add_mailbox(name, role)
        self.provider = FakeProvider(self.account, tells_headers=True)
        self.smtp = FakeSmtp(on_accepted=self._file)
        self.files = False
        self.rewrites: bytes | None = None
        self.looks = 0
        self.trouble: ProviderError | None = None
        self.db = db or makers.a_store(directory)
        known = {
            "smtp_host": "localhost",
            "smtp_port": str(self.smtp.port),
            "smtp_security": "none",
            "username": ME,
        }
        self.id: AccountId = accounts.add(self.db, "imap", "Me", ME, known | (config or {}))

    def __enter__(self) -> Sending:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.smtp.__exit__(kind, error, trace)
        self.db.close()

    def _file(self, accepted: Accepted) -> None:
        if self.files:
            message = accepted.message
            if self.rewrites is not None:
                message = message.replace(b"Message-ID: <", b"X-Original: <").replace(
                    b"\r\nX-Original", b"\r\nMessage-ID: <" + self.rewrites + b">\r\nX-Original"
                )
            self.account.deliver(SENT, message, int(time.time()), frozenset({"$seen"}))

    def draft(self, subject: str = "Quote", **changes: object) -> DraftRow:
        draft = Draft(an_address(ME, "Me"), to=(an_address(ANA),), subject=subject, body="Hello\n")
        return drafts.begin(self.db, self.id, replace(draft, **changes))  # type: ignore[arg-type] # whatever a test needs

    def queue(self, subject: str = "Quote", **changes: object) -> SubmissionRow:
        return submissions.queue(self.db, self.draft(subject, **changes).id)

    def look(self) -> None:
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        assert pull(self.db, self.id, self.provider, Inline(), lambda: True)

    def submit(self) -> float | None:
        """Be the worker, once."""
        account = accounts.get(self.db, self.id)
        assert account is not None
        return submit_due(self.db, account, NoSecrets(), self.look)

    def skip(self) -> None:
        """Let every delay be over."""
        with self.db.write() as connection:
            connection.execute("UPDATE operation SET not_before = 0 WHERE state = 'pending'")
            connection.execute(
                "UPDATE submission SET not_before = 0, held_until = NULL WHERE not_before <> ?", (NEVER,)
            )

    def settle(self) -> None:
        """Be the worker until nothing is left to do but what waits for the user."""
        for _ in range(40):
            self.skip()
            wait_s = self.submit()
            pushed = push(self.db, self.id, self.provider)
            if wait_s is None and not pushed:
                break
        self.look()
        self.submit()
        push(self.db, self.id, self.provider)
        self.look()

    def state(self, row: SubmissionRow) -> str:
        return self.now(row).state

    def now(self, row: SubmissionRow) -> SubmissionRow:
        found = submissions.get(self.db, row.id)
        assert found is not None
        return found

    def in_sent(self) -> list[bytes]:
        """Return the messages the account has in Sent."""
        return [message.octets for (mailbox, _), message in self.account.messages.items() if mailbox == SENT]

    def in_drafts(self) -> list[bytes]:
        return [
            message.octets for (mailbox, _), message in self.account.messages.items() if mailbox == DRAFTS
        ]

    def shown_in_sent(self) -> list[str]:
        """Return the Message-IDs the store shows in Sent."""
        rows = self.db.read().execute(
            "SELECT e.message_id FROM placement p JOIN mailbox m ON m.id = p.mailbox_id JOIN email e ON e.id = p.email_id"
            " WHERE m.role = 'sent' AND NOT p.is_destroyed ORDER BY p.id"
        )
        return [row[0] for row in rows.fetchall()]

    def times_sent(self, row: SubmissionRow) -> int:
        """Return how often the server took the message on."""
        wanted = f"<{row.message_id}>".encode()
        return sum(wanted in accepted.message for accepted in self.smtp.accepted)

    def check(self) -> None:
        assert invariants.check(self.db) == []


def texts(sending: Sending) -> list[str]:
    """Return what the user was told of messages on their way out."""
    return [row.text for row in events.since(sending.db, 0) if row.kind == "submissions" and row.text]
