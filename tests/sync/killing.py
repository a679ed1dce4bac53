"""Kills a process at its steps, one after the other, and looks at what is left. Run by test_kill.py.

A program of its own, because it forks: killing.py SCENARIO DIRECTORY POINTS prints how often a process was killed, how many
steps there are, and what was wrong. A step is the beginning or the commit of a transaction, a statement that writes, or a change of a file, before and
after it is made.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import crm_rows
import makers
from killer import Steps, chosen
from makers import NOW
from other_sides import FakeOtherSide
from syncing import (
    Inline,
    a_maildir,
    a_message,
    an_account_on,
    in_maildir,
    in_store,
    mailbox_id,
    sync,
    threads_in,
    wanted_in_store,
)
from told_by_header import contents

from mail.keywords import FLAGGED, SEEN
from mail.operations import Save
from mail.types import AccountId, EmailId, MailboxKey, Role, ThreadId
from providers.maildir.provider import MaildirProvider
from store import accounts, actions, fetching, invariants
from store.database import Database
from store.links import decisions
from sync.bodies import fetch_bodies
from sync.pull import StoreMemory, pull

ACCOUNT = AccountId(1)
Confirm = Callable[[], None]
FILE_STEPS = ("rename", "unlink", "mkdir", "fsync")


class Killer(Steps):
    """Kills at a statement that writes, or at a change of a file."""

    kinds = ("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE")

    def install(self) -> None:
        super().install()
        for name in FILE_STEPS:
            setattr(os, name, self.around(getattr(os, name)))


class Scenario:
    """What a killed process was doing, and what must be true afterwards."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.mail = directory / "mail"
        self.prepare()

    def prepare(self) -> None:
        other = a_maildir(self.mail)
        for number in range(6):
            other.deliver(other.inbox, a_message(number), NOW + number)
        other.deliver(other.inbox, a_message(10, reply_to=1), NOW + 10, frozenset({SEEN}))
        other.deliver(other.archive, a_message(11, reply_to=10), NOW + 11, frozenset({FLAGGED}))
        with self.store() as db:
            an_account_on(db, self.mail)

    def store(self) -> Store:
        return Store(self.directory / "data")

    def act(self, confirm: Confirm) -> None:
        raise NotImplementedError

    def check(self, confirmed: int) -> None:
        raise NotImplementedError


class Store:
    """A store for as long as a block lasts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __enter__(self) -> Database:
        self.db = makers.a_store_at(self.directory)
        return self.db

    def __exit__(self, *_: object) -> None:
        self.db.close()


def settle(db: Database) -> None:
    """Sync to the end; what waits for the time to undo it does not wait here."""
    assert invariants.check(db) == []
    db.read().execute("UPDATE operation SET not_before = 0")
    sync(db, ACCOUNT, Inline())
    assert invariants.check(db) == []


def hashes(told: list[tuple[str, str, str]]) -> Counter[str]:
    return Counter(line[2] for line in told)


class FirstSync(Scenario):
    def act(self, confirm: Confirm) -> None:
        with self.store() as db:
            sync(db, ACCOUNT, Inline())

    def check(self, confirmed: int) -> None:
        before = in_maildir(self.mail)
        with self.store() as db:
            settle(db)
            assert in_store(db) == before == in_maildir(self.mail)


class Linking(FirstSync):
    """What came is judged, however often that was cut short."""

    def prepare(self) -> None:
        super().prepare()
        with self.store() as db:
            crm_rows.a_deal(db, "Printers", crm_rows.a_person(db, "Ana Lima", "ana@acme.example"))

    def check(self, confirmed: int) -> None:
        super().check(confirmed)
        with self.store() as db:
            assert not decisions.is_due(db)
            joined = "thread t LEFT JOIN link_decision d ON d.thread_id = t.id LEFT JOIN item_link l ON l.thread_id = t.id"
            rows = db.read().execute(f"SELECT d.reason, l.origin, t.item_kind FROM {joined}").fetchall()
            assert set(rows) == {("linked", "auto", "deal")}


class Following(Scenario):
    """What other programs did is taken in."""

    def prepare(self) -> None:
        super().prepare()
        with self.store() as db:
            settle(db)
        names = sorted((self.mail / "new").iterdir())
        names[0].rename(self.mail / "cur" / f"{names[0].name}:2,S")
        names[1].rename(self.mail / ".Archive/new" / names[1].name)
        names[2].unlink()
        shutil.copytree(self.mail / ".Archive", self.mail / ".Customers")
        (self.mail / "new/99.new").write_bytes(a_message(99, reply_to=3))

    act = FirstSync.act
    check = FirstSync.check


def _thread(db: Database, subject: str) -> ThreadId:
    row = (
        db.read()
        .execute("SELECT id FROM thread WHERE subject = ? ORDER BY id LIMIT 1", (subject,))
        .fetchone()
    )
    return ThreadId(row[0])


USER: list[Callable[[Database], object]] = [
    lambda db: actions.set_keyword(db, [_thread(db, "Offer 1")], SEEN, True),
    lambda db: actions.move(db, [_thread(db, "Offer 1")], mailbox_id(db, "."), Role.ARCHIVE),
    lambda db: actions.move(db, [_thread(db, "Offer 2")], mailbox_id(db, "."), Role.TRASH),
    lambda db: actions.set_keyword(db, [_thread(db, "Offer 3")], FLAGGED, True),
    actions.undo,
    actions.redo,
    lambda db: actions.destroy(db, [_thread(db, "Offer 4")], mailbox_id(db, ".")),
    lambda db: actions.move(db, threads_in(db, "."), mailbox_id(db, "."), Role.ARCHIVE),
    actions.undo,
    lambda db: actions.recover(db, [_thread(db, "Offer 2")]),
    lambda db: actions.move(db, [_thread(db, "Offer 5")], mailbox_id(db, "."), Role.TRASH),
]


class UserActions(Scenario):
    """A screen is killed: what it confirmed is there, and reaches the Maildir."""

    def prepare(self) -> None:
        super().prepare()
        with self.store() as db:
            settle(db)
        saved = Saved(self.directory)
        with self.store() as db:
            self.wanted = [wanted_in_store(db)]
            for action in USER:
                action(db)
                self.wanted.append(wanted_in_store(db))
        saved.restore()

    def act(self, confirm: Confirm) -> None:
        with self.store() as db:
            for action in USER:
                action(db)
                confirm()

    def check(self, confirmed: int) -> None:
        with self.store() as db:
            wanted = wanted_in_store(db)
            assert wanted in self.wanted[confirmed : confirmed + 2], f"after {confirmed} confirmed actions"
            settle(db)
            self.compare(db, wanted)

    def compare(self, db: Database, wanted: list[tuple[str, str, str]]) -> None:
        told = in_maildir(self.mail)
        assert in_store(db) == told
        assert told == sorted((key.replace("\x1fTrash", ".Trash"), *rest) for key, *rest in wanted)


class Pushing(UserActions):
    """The worker is killed while it carries out what the user did."""

    def prepare(self) -> None:
        super().prepare()
        super().act(lambda: None)
        with self.store() as db:
            db.read().execute("UPDATE operation SET not_before = 0")
        self.before = hashes(self.wanted[-1])

    def act(self, confirm: Confirm) -> None:
        with self.store() as db:
            sync(db, ACCOUNT, Inline())

    def check(self, confirmed: int) -> None:
        with self.store() as db:
            assert not self.before - hashes(in_maildir(self.mail)), "a message is nowhere"
            settle(db)
            self.compare(db, self.wanted[-1])


class Drafts(Scenario):
    """A draft is saved over an older one: one of the two is whole at any moment."""

    def prepare(self) -> None:
        super().prepare()
        self.provider = MaildirProvider(self.mail, Nothing())
        applied = self.provider.apply(Save(MailboxKey(".Drafts"), b"old", None))
        self.operation = Save(MailboxKey(".Drafts"), b"new" * 1000, applied.key)

    def act(self, confirm: Confirm) -> None:
        self.provider.apply(self.operation)

    def check(self, confirmed: int) -> None:
        drafts = [path.read_bytes() for path in (self.mail / ".Drafts/cur").iterdir()]
        assert drafts
        assert set(drafts) <= {b"old", b"new" * 1000}
        self.provider.apply(self.operation)
        assert [path.read_bytes() for path in (self.mail / ".Drafts/cur").iterdir()] == [b"new" * 1000]


class Headers(Scenario):
    """Headers come first, then a part somebody waits for, then the bodies."""

    def prepare(self) -> None:
        self.other = FakeOtherSide(tells_headers=True)
        for number in range(6):
            self.other.deliver(self.other.inbox, a_message(number, reply_to=number // 2), NOW + number)
        self.other.deliver(self.other.archive, a_message(0, reply_to=0), NOW)
        with self.store() as db:
            accounts.add(db, "fake", "Me", "me@dealbox.example", {})
            self.look(db)
            self.wanted = contents(db)
        shutil.rmtree(self.directory / "data")
        with self.store() as db:
            accounts.add(db, "fake", "Me", "me@dealbox.example", {})

    def look(self, db: Database) -> None:
        provider = self.other.connect(StoreMemory(db, ACCOUNT))
        assert pull(db, ACCOUNT, provider, Inline(), lambda: True)
        newest = EmailId(db.read().execute("SELECT max(id) FROM email").fetchone()[0])
        fetching.want_part(db, newest, "")
        fetching.want(db, [newest])
        assert fetch_bodies(db, ACCOUNT, provider, Inline(), lambda: True)

    def act(self, confirm: Confirm) -> None:
        with self.store() as db:
            self.look(db)

    def check(self, confirmed: int) -> None:
        with self.store() as db:
            assert invariants.check(db) == []
            self.look(db)
            assert invariants.check(db) == []
            assert contents(db) == self.wanted
            newest = EmailId(db.read().execute("SELECT max(id) FROM email").fetchone()[0])
            path = fetching.part_file(db, newest, "")
            assert path is not None and path.read_bytes() == a_message(5, reply_to=2)


class Nothing:
    """A cache that knows nothing."""

    def known(self, mailbox: MailboxKey) -> dict[Any, Any]:
        return {}

    def choices(self) -> dict[Any, Any]:
        return {}


class Saved:
    """A copy of a directory, times included, and the way back to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.copy = directory.with_name("saved")
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(directory, self.copy)

    def restore(self) -> None:
        shutil.rmtree(self.directory)
        shutil.copytree(self.copy, self.directory)


def run(scenario: Scenario, at: int) -> tuple[bool, int, int]:
    """Act in a child that dies at step `at`; return whether it did, how much it confirmed before, and else its steps."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            killer = Killer(at)
            killer.install()
            scenario.act(lambda: os.write(writing, b"."))
            os.write(writing, b"%d" % killer.count)
        except BaseException:  # noqa: BLE001 - nothing of the parent may run in the child
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, -signal.SIGKILL), f"ended with {status}"
    return status != 0, said.count(b"."), int(said.strip(b".") or 0)


SCENARIOS: dict[str, type[Scenario]] = {
    "first_sync": FirstSync,
    "linking": Linking,
    "following": Following,
    "user_actions": UserActions,
    "pushing": Pushing,
    "drafts": Drafts,
    "headers": Headers,
}


def main(name: str, directory: Path, wanted: int) -> None:
    scenario = SCENARIOS[name](directory / "work")
    saved = Saved(scenario.directory)
    _, confirmed, steps = run(scenario, 0)
    scenario.check(confirmed)
    killed = 0
    for at in chosen(steps, wanted):
        saved.restore()
        try:
            was_killed, confirmed, _ = run(scenario, at)
            killed += was_killed
            scenario.check(confirmed)
        except Exception:  # noqa: BLE001 - one point's trouble is no reason to leave out the others
            sys.stdout.write(f"WRONG at step {at}:\n{traceback.format_exc()}\n")
    sys.stdout.write(f"killed {killed} times at {steps} steps\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
