"""How each account is doing, as far as the store knows: its status, what waits to be fetched, done and sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from store import accounts, fetching, jobs, outbox
from store.database import Database
from store.health.findings import Finding, Level
from store.jobs import Job
from store.rows import AccountRow, SubmissionRow
from store.secret import secrets
from store.secret.files import SecretsError
from store.sending import submissions

LATE_OPERATION_S: Final = 86_400
_MOST_TOLD: Final = 20
_WITHOUT_SECRETS: Final = frozenset({"maildir"})


def findings(db: Database, account: AccountRow, now: int) -> Iterator[Finding]:
    """Yield how one account stands."""
    yield from _status(account)
    if account.kind not in _WITHOUT_SECRETS:
        yield from _secrets(db, account)
        yield from _bodies(db, account, now)
    yield from _sending(db, account, now)


def _finding(account: AccountRow, level: Level, about: str, text: str) -> Finding:
    return Finding(level, about, f"{account.name}: {text}", account.address)


def _status(account: AccountRow) -> Iterator[Finding]:
    if account.status in ("error", "sign_in"):
        yield _finding(account, "error", "account", account.status_text or account.status)
    elif account.status == "waiting":
        yield _finding(account, "warning", "account", account.status_text or "waiting to try again")
    if account.progress_total:
        done = f"{account.progress_done:,} of {account.progress_total:,} messages are here"
        yield _finding(account, "note", "account", done)
    if account.synced_at is None:
        yield _finding(account, "note", "account", "was never in step yet")
    else:
        yield _finding(account, "note", "account", f"last in step {_when(account.synced_at)}")


def _secrets(db: Database, account: AccountRow) -> Iterator[Finding]:
    """Say where the password lives; whether it is there is asked with the servers."""
    try:
        choice = secrets.chosen(db.directory)
    except SecretsError as error:
        yield _finding(account, "error", "secrets", str(error))
        return
    if choice is None:
        advice = f"run  dealbox account sign-in {account.address}"
        yield _finding(
            account, "error", "secrets", f"no place for its password has been chosen yet: {advice}"
        )
    elif choice[0] == "plain":
        where = f"its password is in a plain file, {db.directory / 'secrets.json'}"
        yield _finding(account, "note", "secrets", f"{where}, that anybody who gets at your files can read")


def _bodies(db: Database, account: AccountRow, now: int) -> Iterator[Finding]:
    to_come = fetching.remaining(db, account.id)
    if to_come:
        text = f"the texts of {to_come:,} messages are still to be fetched, the newest first"
        yield _finding(account, "note", "bodies", f"{text}; search finds only their subjects and people")
    failed, reason = fetching.failures(db, account.id)
    if failed:
        again = fetching.next_time(db, account.id)
        when = f", tried again {_when(again)}" if again is not None and again > now else ""
        which = "the text of one message" if failed == 1 else f"the texts of {failed:,} messages"
        yield _finding(account, "warning", "bodies", f"{which} could not be fetched: {reason}{when}")


def _sending(db: Database, account: AccountRow, now: int) -> Iterator[Finding]:
    for row in submissions.waiting(db):
        if row.account_id == account.id:
            yield from _submission(account, row, now)


def _submission(account: AccountRow, row: SubmissionRow, now: int) -> Iterator[Finding]:
    what = f"“{row.subject}”" if row.subject else "a message without a subject"
    match row.state:
        case "unknown":
            text = f"{what} may have been sent and may not: press g o and say which"
            yield _finding(account, "warning", "sending", f"{text}. {row.error}".rstrip())
        case "rejected":
            text = f"{what} was refused: {row.error} Press g o to edit it or to send it again."
            yield _finding(account, "warning", "sending", text)
        case "queued" if row.attempts:
            is_late = now - row.created_at > LATE_OPERATION_S
            tried = f"{what} could not be sent yet, tried {row.attempts} times, again {_when(row.not_before)}"
            yield _finding(
                account, "warning" if is_late else "note", "sending", f"{tried}: {row.error}".rstrip(": ")
            )
        case "queued" | "submitting":
            yield _finding(account, "note", "sending", f"{what} goes out {_when(row.not_before)}")
        case _:
            whom = ", ".join(row.refused)
            yield _finding(
                account, "warning", "sending", f"{what} did not reach {whom}: press g o to see why"
            )


def operations(db: Database, now: int) -> Iterator[Finding]:
    """Yield what accounts refused, what they were asked in vain for long, and how much waits."""
    names = {account.id: account for account in accounts.all(db)}
    for job in jobs.all(db)[:_MOST_TOLD]:
        account = names[job.account_id]
        what = job.kind.replace("_", " ") + (f" {job.messages:,} messages" if job.messages > 1 else "")
        if job.state == "rejected":
            refused = f"{account.name} refused to {what}: {job.error}"
            yield Finding("warning", "operation", refused, account.address)
        elif _is_late(job, now):
            tried = f", tried {job.attempts} times: {job.error}" if job.error else ""
            late = f"{account.name} has not been asked to {what} for over a day{tried}"
            if jobs.is_stuck(job, now):
                late = f"{account.name} could not {what}{tried}; press g j to try again or to give it up"
            yield Finding("warning", "operation", late, account.address)
    waiting = outbox.count_waiting(db)
    if waiting:
        waits = "s wait" if waiting > 1 else " waits"
        yield Finding("note", "operation", f"{waiting:,} operation{waits} to be carried out")


def _is_late(job: Job, now: int) -> bool:
    return now - job.since > LATE_OPERATION_S or jobs.is_stuck(job, now)


def _when(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
