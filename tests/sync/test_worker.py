from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import waiting
from makers import NOW
from syncing import a_maildir, a_message, an_account_on, in_maildir, in_store, mailbox_id, threads_in

from mail.types import AccountId, Role
from store import accounts, actions, doorbell, invariants, reindexing
from store.database import Database
from store.doorbell import Doorbell
from store.worker_process import WorkerLock, is_worker_running
from sync import worker

ROOT = Path(__file__).parents[2]
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from sync.worker import main; sys.exit(main())"


def start(db: Database, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM, "--data", str(db.directory), *options],
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(db: Database, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = start(db, *options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def status(db: Database, account_id: AccountId) -> str:
    account = accounts.get(db, account_id)
    assert account is not None
    return account.status


def test_once_brings_everything_in_and_ends(db: Database, tmp_path: Path) -> None:
    other = a_maildir(tmp_path / "mail", 20)
    account_id = an_account_on(db, other.root)
    process = start(db, "--once")
    _, words = process.communicate(timeout=60)
    assert (process.returncode, words) == (0, "")
    assert in_store(db) == in_maildir(other.root)
    assert status(db, account_id) == "live"


def test_once_says_which_account_could_not_be_synced_and_syncs_the_others(
    db: Database, tmp_path: Path
) -> None:
    broken = an_account_on(db, tmp_path / "nowhere", "other@dealbox.example")
    other = a_maildir(tmp_path / "mail", 3)
    an_account_on(db, other.root)
    process = start(db, "--once")
    _, words = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "nowhere is not there" in words
    assert in_store(db) == in_maildir(other.root)
    assert status(db, broken) == "sign_in"


def test_once_beside_another_worker_says_so(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    lock = WorkerLock(db.directory)
    assert lock.take()
    assert worker.main(["--data", str(db.directory), "--once"]) == 1
    assert "another dealbox-sync is at work" in capsys.readouterr().err
    lock.release()


def test_a_second_worker_ends_without_a_word(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    lock = WorkerLock(db.directory)
    assert lock.take()
    assert worker.main(["--data", str(db.directory)]) == 0
    assert capsys.readouterr().err == ""
    lock.release()


def test_a_data_directory_others_can_read_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o755)
    assert worker.main(["--data", str(tmp_path)]) == 1
    assert "chmod 700" in capsys.readouterr().err


def test_mail_that_arrives_and_what_the_user_does_are_followed_at_once(db: Database, tmp_path: Path) -> None:
    other = a_maildir(tmp_path / "mail", 3)
    account_id = an_account_on(db, other.root)
    with running(db, "--stay"):
        waiting.until(lambda: status(db, account_id) == "live")
        other.deliver(other.inbox, a_message(9), NOW + 9)
        waiting.until(lambda: len(in_store(db)) == 4)
        actions.move(db, threads_in(db, ".")[:1], mailbox_id(db, "."), Role.ARCHIVE)
        waiting.until(lambda: len(list((other.root / ".Archive/new").iterdir())) == 1)
        waiting.until(lambda: in_store(db) == in_maildir(other.root))


def test_an_account_added_while_it_runs_is_taken_up_and_a_removed_one_let_go(
    db: Database, tmp_path: Path
) -> None:
    first, second = a_maildir(tmp_path / "first", 2), a_maildir(tmp_path / "second", 2)
    account_id = an_account_on(db, first.root)
    with running(db, "--stay"):
        waiting.until(lambda: status(db, account_id) == "live")
        added = an_account_on(db, second.root, "other@dealbox.example")
        waiting.until(lambda: status(db, added) == "live")
        accounts.remove(db, account_id)
        assert in_store(db) == in_maildir(second.root)
        second.deliver(second.inbox, a_message(7), NOW + 7)
        waiting.until(lambda: in_store(db) == in_maildir(second.root))


def test_one_accounts_trouble_does_not_stop_another_and_ends_when_it_is_mended(
    db: Database, tmp_path: Path
) -> None:
    broken = an_account_on(db, tmp_path / "mounted", "other@dealbox.example")
    whole = an_account_on(db, a_maildir(tmp_path / "mail", 2).root)
    with running(db, "--stay"):
        waiting.until(lambda: status(db, whole) == "live" and status(db, broken) == "sign_in")
    a_maildir(tmp_path / "mounted", 1)
    with running(db, "--stay"):
        waiting.until(lambda: status(db, broken) == "live")


def test_it_ends_by_itself_when_no_screen_is_open(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "IDLE_S", 0.1)
    monkeypatch.setattr(worker, "_GLANCE_S", 0.05)
    other = a_maildir(tmp_path / "mail", 2)
    an_account_on(db, other.root)
    assert worker.main(["--data", str(db.directory)]) == 0
    assert in_store(db) == in_maildir(other.root)
    assert not is_worker_running(db.directory)


def test_it_stays_while_a_screen_listens(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE_S", 0.1)
    monkeypatch.setattr(worker, "_GLANCE_S", 0.05)
    bell = Doorbell(db.directory, "screen")
    closing = threading.Timer(0.6, bell.close)
    closing.start()
    began = time.monotonic()
    assert worker.main(["--data", str(db.directory)]) == 0
    assert time.monotonic() - began >= 0.6
    closing.join()


def test_a_screen_that_died_does_not_keep_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bell = Doorbell(db.directory, "screen")
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    path = Path(bell._socket.getsockname())
    path.rename(path.with_name(path.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-")))
    monkeypatch.setattr(worker, "IDLE_S", 0.1)
    monkeypatch.setattr(worker, "_GLANCE_S", 0.05)
    assert worker.main(["--data", str(db.directory)]) == 0
    bell.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order_in_the_middle_of_a_first_sync(
    db: Database, tmp_path: Path, number: signal.Signals
) -> None:
    other = a_maildir(tmp_path / "mail", 2_000)
    an_account_on(db, other.root)
    process = start(db)
    waiting.until(lambda: len(in_store(db)) > 0)
    process.send_signal(number)
    _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (0, "")
    assert len(in_store(db)) > 0
    assert not is_worker_running(db.directory)


def test_a_worker_killed_in_a_first_sync_leaves_what_it_had_and_the_next_one_goes_on(
    db: Database, tmp_path: Path
) -> None:
    other = a_maildir(tmp_path / "mail", 1_500)
    an_account_on(db, other.root)
    process = start(db)
    waiting.until(lambda: len(in_store(db)) > 0)
    process.kill()
    process.communicate()
    had = len(in_store(db))
    assert had > 0
    assert invariants.check(db) == []
    process = start(db, "--once")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert in_store(db) == in_maildir(other.root)
    assert invariants.check(db) == []


def until_answered(db: Database, account_id: AccountId, request: int) -> None:
    def answered() -> int:
        account = accounts.get(db, account_id)
        assert account is not None
        return account.answered_requests

    waiting.until(lambda: answered() >= request, "the account is looked at")


def test_a_request_to_sync_has_every_account_looked_at_now(db: Database, tmp_path: Path) -> None:
    account_id = an_account_on(db, a_maildir(tmp_path / "mail", 3).root)
    with running(db):
        waiting.until(lambda: status(db, account_id) == "live")
        for _ in range(4):  # each third comes while the one before is being carried out
            until_answered(db, account_id, accounts.request_sync(db))
            accounts.request_sync(db)
            time.sleep(0.05)
            until_answered(db, account_id, accounts.request_sync(db))


def test_whoever_rings_without_writing_wants_the_accounts_looked_at(db: Database, tmp_path: Path) -> None:
    account_id = an_account_on(db, a_maildir(tmp_path / "mail", 1).root)

    def synced_at() -> int:
        account = accounts.get(db, account_id)
        assert account is not None
        return account.synced_at or 0

    with running(db, "--stay"):
        waiting.until(lambda: synced_at() > 0)
        waiting.until(
            lambda: synced_at() + 4 < time.time(), "no look right after a change is repeated any more"
        )
        before = synced_at()
        doorbell.ring(db.directory)
        waiting.until(lambda: synced_at() > before)


def test_the_index_is_renewed_when_the_worker_starts(db: Database, tmp_path: Path) -> None:
    an_account_on(db, a_maildir(tmp_path / "mail", 1).root)
    with db.write() as connection:
        connection.execute("REPLACE INTO meta (key, value) VALUES ('index_version', '0')")

    def version() -> str:
        (found,) = db.read().execute("SELECT value FROM meta WHERE key = 'index_version'").fetchone()
        return str(found)

    with running(db, "--stay"):
        waiting.until(lambda: version() == str(reindexing.VERSION))
