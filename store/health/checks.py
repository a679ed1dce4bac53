"""What is wrong with a data directory, and what to do about it: what `dealbox doctor` tells without asking a server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from store import accounts, outbox, paths, schema, worker_process
from store.crm import import_runs
from store.database import Database
from store.health import accounts as health_accounts
from store.health import files as health_files
from store.health.findings import Finding as Finding
from store.health.findings import worst_first

_MOST_TOLD: Final = 20


def check(db: Database) -> tuple[Finding, ...]:
    """Return what is not as it should be, worst first, and notes on how things stand; it reads the whole store."""
    now = int(time.time())
    return worst_first(
        [
            *health_files.findings(db),
            *_worker(db),
            *(finding for each in accounts.all(db) for finding in health_accounts.findings(db, each, now)),
            *health_accounts.operations(db, now),
            *_import(db),
            *_unreadable(db),
            *_facts(db),
        ]
    )


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


def _import(db: Database) -> Iterator[Finding]:
    run = import_runs.last(db)
    if run is None or run.state == "done":
        return
    if run.state == "lost":
        text = (
            f"the import of {run.file} was cut off and its plan is gone: import the file again to complete it"
        )
        yield Finding("warning", "import", text)
    else:
        done = 100 * run.done // run.steps
        text = f"the import of {run.file} is at {done} %: the worker carries on what was cut off, dealbox import undo takes it back"
        yield Finding("note", "import", text)


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
