"""What is wrong with a data directory, and what to do about it: the facts behind `dealbox doctor`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from store import accounts, invariants, outbox, paths, schema, worker_process
from store.database import Database
from store.rows import AccountRow

LEAST_FREE_OCTETS: Final = 500_000_000
LATE_OPERATION_S: Final = 86_400
_MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """`level` is error (something is broken), warning (it soon will be), or note. `text` says what to do, too."""

    level: str
    about: str
    text: str


def check(db: Database) -> tuple[Finding, ...]:
    """Return what is not as it should be, worst first, and notes on how things stand; it reads the whole store."""
    now = int(time.time())
    findings = [
        *_privacy(db.directory),
        *_disk(db.directory),
        *_integrity(db),
        *_worker(db),
        *(finding for account in accounts.all(db) for finding in _account(account)),
        *_operations(db, now),
        *_unreadable(db),
        *_facts(db),
    ]
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.level]))


def _privacy(directory: Path) -> Iterator[Finding]:
    for path in (directory, *sorted(directory.rglob("*"))):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(status.st_mode):
            continue
        if status.st_uid != os.geteuid():
            yield Finding(
                "error", "privacy", f"{path} belongs to another user: give it back to yours with chown"
            )
        elif stat.S_IMODE(status.st_mode) & 0o077:
            mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
            yield Finding("error", "privacy", f"{path} can be opened by others: run  chmod {mode} {path}")


def _disk(directory: Path) -> Iterator[Finding]:
    kind = paths.file_system(directory)
    if paths.is_on_network(directory):
        yield Finding(
            "error",
            "disk",
            f"{directory} is on a network file system ({kind}), where the store can be damaged: "
            "move it to a local disk and name it with --data or DEALBOX_DATA",
        )
    free = shutil.disk_usage(directory).free
    if free < LEAST_FREE_OCTETS:
        level = "error" if free < LEAST_FREE_OCTETS // 10 else "warning"
        yield Finding(
            level, "disk", f"only {free // 1_000_000:,} MB are free on the disk of {directory}: make room"
        )


def _integrity(db: Database) -> Iterator[Finding]:
    connection = db.read()
    try:
        damages = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MOST_TOLD})").fetchall()]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_TOLD)
        wrong = invariants.check(db)
    except sqlite3.DatabaseError as error:
        damages, orphans, wrong = [str(error)], [], []
    for damage in damages:
        if damage != "ok":
            yield Finding(
                "error",
                "integrity",
                f"the store is damaged ({damage}): stop the worker, move {db.path} away and start again; "
                "mail comes anew from the accounts, the CRM from its import",
            )
    for table, row_id, parent, _ in orphans:
        yield Finding(
            "error", "integrity", f"row {row_id} of {table} refers to a row of {parent} that is not there"
        )
    for text in wrong[:_MOST_TOLD]:
        yield Finding("error", "invariant", text)


def _worker(db: Database) -> Iterator[Finding]:
    if worker_process.is_worker_running(db.directory):
        yield Finding("note", "worker", "the worker is running")
    elif outbox.count_waiting(db):
        yield Finding(
            "warning",
            "worker",
            "no worker is running and operations wait: start dealbox, or run  dealbox sync --wait",
        )
    else:
        yield Finding("note", "worker", "no worker is running; dealbox starts one")


def _account(account: AccountRow) -> Iterator[Finding]:
    if account.status in ("error", "sign_in"):
        yield Finding("error", "account", f"{account.name}: {account.status_text or account.status}")
    elif account.status == "waiting":
        yield Finding(
            "warning", "account", f"{account.name}: {account.status_text or 'waiting to try again'}"
        )
    if account.progress_total:
        yield Finding(
            "note",
            "account",
            f"{account.name}: {account.progress_done:,} of {account.progress_total:,} messages are here",
        )
    if account.synced_at is None:
        yield Finding("note", "account", f"{account.name}: was never in step yet")
    else:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(account.synced_at))
        yield Finding("note", "account", f"{account.name}: last in step {when}")


def _operations(db: Database, now: int) -> Iterator[Finding]:
    names = {account.id: account.name for account in accounts.all(db)}
    for operation in outbox.waiting(db, limit=_MOST_TOLD):
        name = names.get(operation.account_id, "an account")
        what = operation.kind.replace("_", " ")
        if operation.state == "rejected":
            yield Finding("warning", "operation", f"{name} refused to {what}: {operation.error}")
        elif now - operation.created_at > LATE_OPERATION_S:
            tried = f", tried {operation.attempts} times: {operation.error}" if operation.error else ""
            yield Finding(
                "warning", "operation", f"{name} has not been asked to {what} for over a day{tried}"
            )
    waiting = outbox.count_waiting(db)
    if waiting:
        yield Finding(
            "note",
            "operation",
            f"{waiting:,} operation{'s wait' if waiting > 1 else ' waits'} to be carried out",
        )


def _unreadable(db: Database) -> Iterator[Finding]:
    rows = (
        db.read()
        .execute(
            "SELECT m.name, u.remote_key, u.reason FROM unreadable u"
            " JOIN mailbox m ON m.id = u.remote_mailbox_id ORDER BY u.last_at DESC LIMIT ?",
            (_MOST_TOLD,),
        )
        .fetchall()
    )
    for mailbox, key, reason in rows:
        yield Finding("warning", "message", f"{key} in {mailbox} could not be read: {reason}")
    query = "SELECT count(*) FROM email WHERE problem IS NOT NULL"
    broken = db.read().execute(query).fetchone()[0]
    if broken:
        yield Finding(
            "note", "message", f"broken messages shown as placeholders, which can be exported: {broken:,}"
        )


def _facts(db: Database) -> Iterator[Finding]:
    connection = db.read()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    emails = connection.execute("SELECT count(*) FROM email").fetchone()[0]
    size = sum(path.stat().st_size for path in db.directory.glob(f"{paths.STORE_NAME}*"))
    yield Finding(
        "note",
        "store",
        f"{db.path}: version {version} of {schema.numbers()[-1]}, {emails:,} messages, {size / 1_000_000:,.1f} MB",
    )
