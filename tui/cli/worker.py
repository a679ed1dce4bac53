"""dealbox sync and dealbox worker: the background worker from the command line."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from store import accounts, fetching, paths, worker_process
from store.database import Database
from store.rows import AccountRow
from tui.cli.main import Failed, note, say
from tui.cli.stores import opened
from tui.format import plural

LOOK_EVERY_S = 0.2
STOPPED_WITHIN_S = 10.0
GRACE_S = 5.0


def sync(options: argparse.Namespace) -> int:
    """Start the worker or wake it; with --wait, return when every account is in step."""
    with opened(options) as db:
        if not accounts.all(db):
            raise Failed("there is no account yet: dealbox account add, or dealbox account add maildir PATH")
        request = accounts.request_sync(db)
        if not worker_process.is_worker_running(db.directory):
            worker_process.start_worker(db.directory)
        return _wait(db, request) if options.wait else 0


def _wait(db: Database, request: int) -> int:
    progress = _Progress()
    alone_since: float | None = None
    while True:
        rows = accounts.all(db)
        progress.show(rows)
        if all(_is_settled(row, request) for row in rows):
            break
        if worker_process.is_worker_running(db.directory):
            alone_since = None
        else:
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > GRACE_S:
                progress.end()
                raise Failed(f"the worker stopped: {db.directory / paths.LOG_NAME} says why")
        time.sleep(LOOK_EVERY_S)
    progress.end()
    troubled = [row for row in rows if row.status in {"error", "sign_in"}]
    for row in troubled:
        note(f"dealbox: {row.name}: {row.status_text}")
    for row in rows:
        to_come = fetching.remaining(db, row.id) if row not in troubled else 0
        if to_come:
            note(f"{row.name}: in step; the texts of {plural(to_come, 'message')} are still to come")
    return 1 if troubled else 0


def _is_settled(row: AccountRow, request: int) -> bool:
    """Say whether the account was looked at since the request and is in step, or needs the user to be."""
    return row.answered_requests >= request and row.status in {"live", "error", "sign_in"}


class _Progress:
    """One line on stderr, drawn over itself on a terminal and written once in a while elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last = ""
        self._written_at = 0.0

    def show(self, rows: tuple[AccountRow, ...]) -> None:
        text = "; ".join(
            f"{row.name}: {row.progress_done:,} of {row.progress_total:,} messages"
            for row in rows
            if row.status == "backfilling" and row.progress_total
        )
        now = time.monotonic()
        if text == self._last or not text or (not self._is_terminal and now - self._written_at < 2):
            return
        sys.stderr.write(f"\r\x1b[K{text}" if self._is_terminal else f"{text}\n")
        sys.stderr.flush()
        self._last, self._written_at = text, now

    def end(self) -> None:
        if self._is_terminal and self._last:
            sys.stderr.write("\r\x1b[K")


def install(options: argparse.Namespace) -> int:
    """Have the worker write or remove its own systemd unit."""
    directory = paths.data_directory(options.data)
    how = "--uninstall" if options.remove else "--install"
    finished = subprocess.run([*worker_process.command(), "--data", str(directory), how], check=False)
    return finished.returncode


def status(options: argparse.Namespace) -> int:
    """Say whether the worker runs, and how each account is doing."""
    with opened(options) as db:
        is_running = worker_process.is_worker_running(db.directory)
        say(f"Worker: {'running' if is_running else 'not running'}")
        for row in accounts.all(db):
            synced = (
                time.strftime("%Y-%m-%d %H:%M", time.localtime(row.synced_at)) if row.synced_at else "never"
            )
            say(
                f"{row.name}: {row.status}, last in step: {synced}{'. ' if row.status_text else ''}{row.status_text}"
            )
    return 0


def stop(options: argparse.Namespace) -> int:
    """Stop the worker of the data directory."""
    say("Stopped." if stop_worker(paths.data_directory(options.data)) else "No worker was running.")
    return 0


def stop_worker(directory: Path) -> bool:
    """End the worker and wait until it has; False when none ran. Raises Failed when it does not end."""
    if not worker_process.is_worker_running(directory):
        return False
    text = (directory / paths.LOCK_NAME).read_text("ascii", errors="replace").strip()
    if not text.isdecimal():
        raise Failed("the worker has only just started; try again")
    try:
        os.kill(int(text), signal.SIGTERM)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + STOPPED_WITHIN_S
    while worker_process.is_worker_running(directory):
        if time.monotonic() > deadline:
            raise Failed(f"the worker (process {text}) does not stop")
        time.sleep(0.05)
    return True
