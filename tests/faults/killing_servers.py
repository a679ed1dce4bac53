"""Kills a worker at the steps of a session with a real server, one after the other, and looks at what is left.

A program of its own, because it forks: killing_servers.py SCENARIO SERVER POINTS DEATHS DIRECTORY prints how often a worker
was killed, how many steps there are, and what was wrong. A step is a commit, or octets sent to a server: before and
after it is done. Each point begins with copies of the same account and the same store; the worker that is started then
dies as well, until there were so many DEATHS in a row.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import smtplib
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import quiet
import waiting
from killer import Steps, chosen
from machines import Machine, config_of, state_of
from makers import NOW
from quiet import Content
from servers.dovecot import Dovecot, User
from servers.fake_smtp import FakeSmtp
from servers.peer import Peer
from syncing import a_message

from mail.keywords import FLAGGED, SEEN
from mail.types import Role
from providers.imap.wire import Wire
from store import actions
from store.sending import drafts, submissions

SERVERS = {
    "full": (),
    "no_qresync": ("QRESYNC", "LIST-STATUS"),
    "no_move": ("QRESYNC", "MOVE"),
    "poor": ("QRESYNC", "CONDSTORE", "ESEARCH", "UIDPLUS", "LIST-STATUS", "LITERAL+"),
}


class Killer(Steps):
    """Kills where a transaction begins or ends, and before and after what is sent to a server."""

    def install(self) -> None:
        super().install()
        for place, name in ((Wire, "send"), (smtplib.SMTP, "send")):
            setattr(place, name, self.around(getattr(place, name)))


class Scenario:
    """What a worker that is killed was doing. `prepare` fills the account and the store, `act` is what dies."""

    def prepare(self, machine: Machine, peer: Peer) -> None:
        raise NotImplementedError

    def act(self, machine: Machine) -> None:
        machine.sync()


def fill(peer: Peer, mailbox: str, *numbers: int, flags: tuple[str, ...] = ()) -> None:
    for number in numbers:
        message = a_message(number, reply_to=number - 10 if number >= 10 else None)
        peer.append(mailbox, message, flags, datetime.fromtimestamp(NOW + number, UTC))


class FirstSync(Scenario):
    def prepare(self, machine: Machine, peer: Peer) -> None:
        fill(peer, "INBOX", 1, 2, 3, 11, 12)
        fill(peer, "Archive", 13, 23, flags=("\\Seen",))
        fill(peer, "Sent", 4, flags=("\\Seen",))


class BothSides(Scenario):
    """The user did much while offline, and so did another program."""

    def prepare(self, machine: Machine, peer: Peer) -> None:
        fill(peer, "INBOX", 1, 2, 3, 4, 5, 6, 7, 8, 11, 12)
        fill(peer, "Trash", 9)
        fill(peer, "Archive", 13, 14, flags=("\\Seen",))
        machine.sync()
        db, inbox = machine.db, machine.mailbox("INBOX")

        def thread(number: int) -> Any:
            return machine.thread(f"{number}@example.com")

        actions.set_keyword(db, [thread(1), thread(3), thread(8)], SEEN, True)
        actions.move(db, [thread(2)], inbox, Role.ARCHIVE)
        actions.move(db, [thread(4), thread(8)], inbox, Role.TRASH)
        actions.set_keyword(db, [thread(5)], FLAGGED, True)
        actions.destroy(db, [thread(9)], machine.mailbox("Trash"), undo_window_s=0)
        actions.move(db, [thread(13)], machine.mailbox("Archive"), Role.INBOX)
        fill(peer, "INBOX", 15, 16, 17)
        peer.add_flags("INBOX", peer.uids("INBOX")[5:7], "\\Flagged")
        peer.copy("INBOX", peer.uids("INBOX")[6:7], "Archive")
        peer.add_flags("INBOX", peer.uids("INBOX")[5:7], "\\Deleted")
        peer.imap.expunge()
        peer.add_flags("INBOX", peer.uids("INBOX")[:1], "\\Answered")


class Drafts(Scenario):
    """A draft that is at the account is saved anew, another for the first time, one is thrown away."""

    def prepare(self, machine: Machine, peer: Peer) -> None:
        fill(peer, "INBOX", 1)
        machine.sync()
        rows = []
        for number in range(3):
            row = drafts.begin(machine.db, machine.id, machine.draft(f"Plan {number}"))
            drafts.save(machine.db, row.id)
            rows.append(row)
        machine.sync()
        drafts.write(machine.db, rows[0].id, machine.draft("Plan 0", "Better\n"))
        drafts.save(machine.db, rows[0].id)
        drafts.discard(machine.db, rows[1].id, undo_window_s=0)
        new = drafts.begin(machine.db, machine.id, machine.draft("Plan 9", "x" * 3_000 + "\n"))
        drafts.save(machine.db, new.id)
        drafts.write(machine.db, new.id, machine.draft("Plan 9", "y\n"))
        drafts.save(machine.db, new.id)


class Sending(Scenario):
    """Two messages are sent, one of which was saved as a draft before."""

    def prepare(self, machine: Machine, peer: Peer) -> None:
        fill(peer, "INBOX", 1)
        machine.sync()
        for subject in ("Quote", "Invoice"):
            row = drafts.begin(machine.db, machine.id, machine.draft(subject))
            if subject == "Quote":
                drafts.save(machine.db, row.id)
                machine.sync()
            submissions.queue(machine.db, row.id)

    def act(self, machine: Machine) -> None:
        machine.settle()


SCENARIOS: dict[str, type[Scenario]] = {
    "first_sync": FirstSync,
    "both_sides": BothSides,
    "drafts": Drafts,
    "sending": Sending,
}


class Place:
    """Where it happens: servers, and copies of the account and the store as `prepare` left them."""

    def __init__(self, dovecot: Dovecot, smtp: FakeSmtp, directory: Path, scenario: Scenario) -> None:
        self.dovecot = dovecot
        self.smtp = smtp
        self.scenario = scenario
        self.template = directory / "template"
        self.data = directory / "data"
        self.first = dovecot.new_user()
        config = config_of(dovecot, self.first, smtp_port=smtp.port)
        with Machine(self.template, self.first, config) as machine, Peer(dovecot, self.first) as peer:
            scenario.prepare(machine, peer)
            machine.skip()
        self.wait_for_quiet()
        self.expected, self.accepted = self.outcome(self.begin())
        self.points = self.counted(self.begin())

    def begin(self) -> User:
        """Copy account and store for somebody new, and return them."""
        user = self.dovecot.new_user()
        home = self.dovecot.home(user)
        shutil.copytree(self.dovecot.home(self.first), home)
        self.dovecot.own(home)
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.template, self.data)
        with Machine(self.data, user) as machine, machine.db.write() as connection:
            connection.execute(
                "UPDATE account SET config = json_set(config, '$.username', ?)", (user.address,)
            )
        self.smtp.accepted.clear()
        return user

    def counted(self, user: User) -> int:
        """Return how many steps there are."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            killer = Killer(0)
            killer.install()
            self.act_and_exit(user, lambda: os.write(writing, b"%d" % killer.count))
        os.close(writing)
        with os.fdopen(reading, "rb") as said:
            count = int(said.read())
        os.waitpid(pid, 0)
        return count

    def act_and_exit(self, user: User, then: Callable[[], object] = lambda: None) -> None:
        try:
            machine = Machine(self.data, user)
            self.scenario.act(machine)
            then()
        except BaseException:  # noqa: BLE001 - nothing of the parent may run in the child
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def kill(self, user: User, at: int) -> bool:
        """Act in a child that dies at step `at`; say whether it did."""
        pid = os.fork()
        if pid == 0:
            Killer(at).install()
            self.act_and_exit(user)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, -signal.SIGKILL), f"ended with {status}"
        self.wait_for_quiet()
        return status != 0

    def wait_for_quiet(self) -> None:
        """Wait until the servers have done what was asked of them before the connections ended."""
        waiting.until(
            lambda: not self.smtp.open_connections and not _is_spoken_to(self.dovecot.ports["imap"]),
            "no server has a connection open",
        )

    def outcome(self, user: User) -> tuple[Content, Counter[str]]:
        """Start the worker again, let everything settle, and check it; return what there is and what was sent."""
        with Machine(self.data, user) as machine:
            links = quiet.links(machine.db)
            machine.settle()
            if machine.asked():
                machine.answer([_message_id(one.message) for one in self.smtp.accepted])
                machine.settle()
            there = state_of(self.dovecot, user)
            found = machine.wrong(there)
            assert not found, "\n".join(found)
            assert quiet.links(machine.db) == links
        return there, Counter(_message_id(one.message) for one in self.smtp.accepted)

    def check(self, at: int, deaths: int) -> int:
        """Return how often a worker was killed; raise what was wrong after that."""
        user = self.begin()
        assert self.kill(user, at), "it was not killed"
        choice = random.Random(at)
        killed = 1 + sum(self.kill(user, choice.randint(1, self.points)) for _ in range(deaths - 1))
        there, accepted = self.outcome(user)
        assert accepted == self.accepted, f"sent: {accepted}"
        missing, surplus = quiet.without(self.expected, there), quiet.without(there, self.expected)
        assert [place[:3] for place in missing] == [place[:3] for place in surplus], (
            f"missing: {missing}, surplus: {surplus}"
        )
        return killed


def _message_id(message: bytes) -> str:
    (line,) = [line for line in message.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    return line.partition(b":")[2].strip(b" <>").decode()


def _is_spoken_to(port: int) -> bool:
    """Say whether the server has a connection open on a port: established, or closed by the other side only."""
    end = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(words[1].endswith(end) and words[3] in ("01", "08") for words in map(str.split, lines))


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(name: str, server: str, wanted: int, deaths: int, directory: Path) -> None:
    dovecot = Dovecot(without=SERVERS[server])
    try:
        dovecot.start()
        with FakeSmtp() as smtp:
            place = Place(dovecot, smtp, directory, SCENARIOS[name]())
            killed = 0
            for at in chosen(place.points, wanted):
                try:
                    killed += place.check(at, deaths)
                except Exception:  # noqa: BLE001 - one point's trouble is no reason to leave out the others
                    say(f"WRONG at step {at} of {name} at {server}:\n{traceback.format_exc()}")
            say(f"killed {killed} times at {place.points} steps")
    finally:
        dovecot.stop()


if __name__ == "__main__":
    os.umask(0o077)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
