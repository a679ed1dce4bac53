"""Sending once: every attempt is committed before the network is touched, and what may have been sent is never sent again
unasked."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from mail.types import AccountId
from providers.errors import OutcomeUnknown, Rejected, RetryLater, SignInAgain
from providers.protocol import Secrets
from providers.smtp import Submitted, Submitter
from store import accounts
from store.database import Database
from store.rows import AccountRow
from store.sending import filing, local_mail, submitting
from store.sending.submitting import Job, Outgoing
from sync import backoff, sent_copy

MOST_RECIPIENTS: Final = 100
"""So many are named at once (RFC 5321 §4.5.3.1.8); the others get the message by another connection."""
LONGEST_S: Final = 900.0
_FIRST_DOUBLING: Final = 4
"""The first wait is 8 to 16 s: a greylist turns away who comes back at once."""
LOOKS_S: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""When a message that may have been sent is looked for, each after the one before: for two minutes."""

Look = Callable[[], None]
"""Take in what is new in the account. Raises RetryLater, SignInAgain."""


class Sends(Protocol):
    """What hands a message over: providers.smtp.Submitter, or another account's own way."""

    def submit(self, sender: str, recipients: Sequence[str], message: bytes) -> Submitted:
        """Send a message. Raises Rejected, RetryLater, SignInAgain, OutcomeUnknown."""


def submit_due(
    db: Database,
    account: AccountRow,
    secrets: Secrets,
    look: Look,
    *,
    sends: Sends | None = None,
    chance: Callable[[], float] = random.random,
) -> float | None:
    """Move every message of the account whose time has come; return the seconds until there is more, None for never.

    One thread calls it for an account, after start and whenever the outbox or the account has changed.
    """
    submitting.recover(db, account.id)
    for submission_id in submitting.asked(db, account.id):
        if filing.is_told(db, account.id, submission_id):
            filing.accept(db, submission_id)
    jobs, _ = submitting.due(db, account.id)
    if jobs:
        now = accounts.get(db, account.id) or account
        _Round(db, now, sends or Submitter(now.config, secrets), look, chance).take(jobs)
    filing.drop_ours_filed_twice(db, account.id)
    join_told(db, account.id)
    again, wait_s = submitting.due(db, account.id)
    return 0.0 if again else wait_s


def join_told(db: Database, account_id: AccountId) -> None:
    """Let messages of our own making become one with what the account has told of them."""
    if local_mail.may_be_joined(db.read(), account_id):
        with db.write(is_durable=False) as connection:
            local_mail.join_told(connection, account_id)


class _Round:
    """One time through what is due."""

    def __init__(
        self, db: Database, account: AccountRow, sends: Sends, look: Look, chance: Callable[[], float]
    ) -> None:
        self._db = db
        self._account = account
        self._sends = sends
        self._look = look
        self._chance = chance

    def take(self, jobs: Sequence[Job]) -> None:
        """Do what is due: send first, then look for what was sent."""
        for job in jobs:
            if job.state == "queued":
                self._send(job.id)
        sought = [job for job in jobs if job.state != "queued"]
        if sought and self._has_looked(sought):
            for job in sought:
                if job.state == "unknown":
                    self._look_for(job)
                else:
                    sent_copy.file(self._db, self._account, job)

    def _has_looked(self, sought: Sequence[Job]) -> bool:
        try:
            self._look()
        except (RetryLater, SignInAgain):
            for job in sought:
                submitting.look_again(self._db, job.id, LOOKS_S[-1], counts=False)
            return False
        return True

    def _send(self, submission_id: int) -> None:
        while (outgoing := submitting.begin(self._db, submission_id, MOST_RECIPIENTS)) is not None:
            if not outgoing.recipients:
                self._finish(outgoing)
                return
            try:
                submitted = self._sends.submit(outgoing.sender, outgoing.recipients, outgoing.octets)
            except OutcomeUnknown as error:
                submitting.unknown(self._db, outgoing.id, str(error))
            except Rejected as error:
                refused = dict.fromkeys(outgoing.recipients, str(error))
                self._note(outgoing, Submitted((), refused, {}))
                continue
            except RetryLater as error:
                submitting.postpone(self._db, outgoing.id, self._delay_s(outgoing, error.after_s), str(error))
            except SignInAgain as error:
                submitting.postpone(self._db, outgoing.id, backoff.SIGN_IN_S, str(error))
            else:
                if self._note(outgoing, submitted):
                    continue
            return

    def _note(self, outgoing: Outgoing, submitted: Submitted) -> bool:
        """Note what became of the recipients; say whether to go on at once with what is left, or to the end."""
        delay_s = self._delay_s(outgoing, None) if submitted.postponed else 0.0
        said = next(iter(submitted.postponed.values()), "")
        submitting.note(
            self._db, outgoing.id, submitted.taken, submitted.refused, delay_s=delay_s, error=said
        )
        if submitted.postponed and submitted.taken:
            filing.begin_filing(self._db, outgoing.id)
        return not submitted.postponed

    def _delay_s(self, outgoing: Outgoing, wish_s: float | None) -> float:
        return backoff.delay_s(outgoing.attempts + _FIRST_DOUBLING, self._chance(), wish_s, LONGEST_S)

    def _finish(self, outgoing: Outgoing) -> None:
        if submitting.has_anybody_got_it(self._db, outgoing.id):
            filing.accept(self._db, outgoing.id)
        else:
            submitting.reject(self._db, outgoing.id)

    def _look_for(self, job: Job) -> None:
        if filing.is_told(self._db, self._account.id, job.id):
            filing.accept(self._db, job.id)
        elif job.looks + 1 >= len(LOOKS_S) or sent_copy.never_files(self._account):
            submitting.ask_user(self._db, job.id)
        else:
            submitting.look_again(self._db, job.id, LOOKS_S[job.looks + 1])
