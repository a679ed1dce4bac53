"""A machine: one data directory with one account on a server, and what a worker there does, thread by thread or whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import makers
import quiet
from makers import an_address
from quiet import Content
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from servers.ports import LOOPBACK
from syncing import Inline

from mail.drafts import Draft
from mail.types import MailboxId, ThreadId
from providers.errors import RetryLater
from providers.protocol import Provider
from store import accounts
from store.database import Database
from store.rows import AccountRow
from store.secret import secrets
from store.secret.files import HeldKey
from store.sending import submissions
from store.sending.submitting import NEVER
from sync.account import connected, sync_once
from sync.bodies import fetch_bodies
from sync.lending import LentSecrets
from sync.pull import pull
from sync.submit import submit_due

_TRIES: Final = 10
_ROUNDS: Final = 30


def config_of(dovecot: Dovecot, user: User, *, imap_port: int = 0, smtp_port: int = 0) -> dict[str, str]:
    """Return the settings of an account, spoken to in clear; its server may be reached through another port."""
    return {
        "imap_host": LOOPBACK,
        "imap_port": str(imap_port or dovecot.ports["imap"]),
        "imap_security": "none",
        "smtp_host": LOOPBACK,
        "smtp_port": str(smtp_port),
        "smtp_security": "none",
        "username": user.address,
        "files_sent": "no",
        "ca_file": str(dovecot.ca_file),  # the authorities of the system take 50 ms to load, each time
    }


class Machine:
    """What is done on it is done by one thread, step by step: the order of its steps is always the same."""

    def __init__(self, directory: Path, user: User, config: Mapping[str, str] | None = None) -> None:
        """Open what is there; an account is added where `config` is given."""
        self.directory = directory
        self.user = user
        self.db: Database = makers.a_store_at(directory)
        if config is not None:
            secrets.choose(directory, "plain")
            self.id = accounts.add(self.db, "imap", "Me", user.address, config)
            kept = secrets.AccountSecrets(secrets.open_secrets(directory), self.account)
            kept.put("password", user.password)
        else:
            self.id = accounts.all(self.db)[0].id

    def close(self) -> None:
        self.db.close()

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def account(self) -> AccountRow:
        found = accounts.get(self.db, self.id)
        assert found is not None
        return found

    def sync(self) -> None:
        """Push, pull, fetch what there is to fetch, and send what is due."""
        self._work(lambda: False)

    def settle(self) -> None:
        """Go on until nothing is left to do but what waits for the user."""
        for _ in range(_TRIES):
            self.skip()
            try:
                self._work(self._is_under_way)
            except RetryLater:
                continue
            if not self._is_under_way():
                break
        self.sync()

    def _work(self, is_more: Callable[[], bool]) -> None:
        held = HeldKey()
        with connected(self.db, self.account, held) as provider:
            for _ in range(_ROUNDS):
                assert sync_once(self.db, self.id, provider, Inline(), lambda: True)
                assert fetch_bodies(self.db, self.id, provider, Inline(), lambda: True)
                self._submit(provider, LentSecrets(self.directory, held, self.account))
                if not is_more():
                    break
                self.skip()

    def _submit(self, provider: Provider, lent: LentSecrets) -> None:
        def look() -> None:
            assert pull(self.db, self.id, provider, Inline(), lambda: True)

        submit_due(self.db, self.account, lent, look)

    def skip(self) -> None:
        """Let every delay be over."""
        with self.db.write() as connection:
            connection.execute("UPDATE operation SET not_before = 0 WHERE state IN ('pending', 'running')")
            connection.execute("UPDATE body_wish SET not_before = 0")
            connection.execute(
                "UPDATE submission SET not_before = 0, held_until = NULL WHERE not_before <> ?", (NEVER,)
            )

    def _is_under_way(self) -> bool:
        """Say whether anything waits for anybody but the user."""
        (count,) = (
            self.db.read()
            .execute(
                "SELECT (SELECT count(*) FROM operation WHERE state IN ('pending', 'running'))"
                " + (SELECT count(*) FROM submission WHERE state IN ('queued', 'submitting', 'accepted', 'unknown')"
                " AND not_before <> ?)",
                (NEVER,),
            )
            .fetchone()
        )
        return bool(count)

    def asked(self) -> list[tuple[int, str]]:
        """Return the id and Message-ID of what the user is asked about: was it sent?"""
        rows = self.db.read().execute(
            "SELECT id, message_id FROM submission WHERE state = 'unknown' AND not_before = ?", (NEVER,)
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def answer(self, sent: Sequence[str]) -> None:
        """Tell the truth about messages nobody knows of."""
        for submission_id, message_id in self.asked():
            submissions.answer(self.db, submission_id, was_sent=message_id in sent)

    def wrong(self, there: Content) -> list[str]:
        return quiet.wrong(self.db, self.id, there)

    def wrong_here(self) -> list[str]:
        """Return what is not as it must be, as far as the store alone can tell."""
        return quiet.under_way(self.db)

    def mailbox(self, key: str) -> MailboxId:
        row = self.db.read().execute("SELECT id FROM mailbox WHERE key = ?", (key,)).fetchone()
        return MailboxId(row[0])

    def thread_count(self) -> int:
        return int(self.db.read().execute("SELECT count(*) FROM thread").fetchone()[0])

    def thread(self, message_id: str) -> ThreadId:
        """Return the conversation of a message."""
        query = "SELECT thread_id FROM email WHERE message_id = ? ORDER BY id LIMIT 1"
        return ThreadId(self.db.read().execute(query, (message_id,)).fetchone()[0])

    def draft(self, subject: str, text: str = "Hello\n", to: str = "ana@acme.example") -> Draft:
        return Draft(an_address(self.user.address, "Me"), to=(an_address(to),), subject=subject, body=text)


def state_of(dovecot: Dovecot, user: User) -> Content:
    """Return everything the account has."""
    with Peer(dovecot, user) as peer:
        return quiet.on_server(peer)


def assert_quiet(dovecot: Dovecot, *machines: Machine) -> None:
    """Let every machine sync to the end; then all of them and the account must agree on everything."""
    for machine in machines:
        machine.settle()
    there = state_of(dovecot, machines[0].user)
    for machine in machines:
        machine.sync()
        found = machine.wrong(there)
        assert not found, "\n".join(found)
