"""Two machines with an account in common, and a third program beside them, all at work at once (sync.md F65)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from killing_servers import fill
from machines import Machine, assert_quiet, config_of
from servers.dovecot import Dovecot
from servers.peer import Peer
from soaking import IS_SOAK

from mail.drafts import Draft
from mail.keywords import ANSWERED, FLAGGED, SEEN
from mail.types import MailboxId, Role, ThreadId
from providers.errors import RetryLater
from store import actions
from store.sending import drafts

SEEDS = range(200) if IS_SOAK else range(4)
ROUNDS = 40 if IS_SOAK else 12
ROLES = (Role.ARCHIVE, Role.TRASH, Role.INBOX, Role.JUNK)
MAILBOXES = ("INBOX", "Archive", "Trash", "Junk", "Drafts")


class Hands:
    """What somebody at a machine does, at random."""

    def __init__(self, machine: Machine, chance: random.Random) -> None:
        self.machine = machine
        self.db = machine.db
        self.chance = chance
        self.number = 0

    def act(self) -> None:
        """Do one thing, or let the worker work."""
        deeds: Sequence[tuple[int, Callable[[], object]]] = (
            (6, self.sync),
            (4, self.move),
            (4, self.mark),
            (1, self.destroy),
            (2, self.draft),
            (1, self.write_on),
            (1, self.discard),
            (2, lambda: actions.undo(self.db)),
            (1, lambda: actions.redo(self.db)),
        )
        (deed,) = self.chance.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
        deed()

    def sync(self) -> None:
        self.machine.skip()
        with suppress(RetryLater):
            self.machine.sync()

    def _threads(self) -> tuple[MailboxId | None, list[ThreadId]]:
        """Return a mailbox with something in it, and some of that."""
        rows = (
            self.db.read()
            .execute(
                "SELECT t.mailbox_id, t.thread_id FROM mailbox_thread t JOIN mailbox m ON m.id = t.mailbox_id"
                " WHERE m.key IS NOT NULL ORDER BY 1, 2"
            )
            .fetchall()
        )
        if not rows:
            return None, []
        mailbox_id = self.chance.choice(rows)[0]
        inside = [ThreadId(row[1]) for row in rows if row[0] == mailbox_id]
        return MailboxId(mailbox_id), self.chance.sample(inside, min(len(inside), self.chance.randint(1, 4)))

    def move(self) -> None:
        mailbox_id, threads = self._threads()
        actions.move(self.db, threads, mailbox_id, self.chance.choice(ROLES))

    def mark(self) -> None:
        _, threads = self._threads()
        keyword = self.chance.choice((SEEN, FLAGGED, ANSWERED))
        actions.set_keyword(self.db, threads, keyword, self.chance.random() < 0.6)

    def destroy(self) -> None:
        mailbox_id, threads = self._threads()
        actions.destroy(self.db, threads[:1], mailbox_id, undo_window_s=0)

    def draft(self) -> None:
        row = drafts.begin(self.db, self.machine.id, self._letter())
        drafts.save(self.db, row.id)

    def _letter(self) -> Draft:
        self.number += 1
        return self.machine.draft(f"Plan {self.number}", f"Words {self.chance.random()}\n")

    def write_on(self) -> None:
        for row in drafts.open_drafts(self.db, 1):
            drafts.write(self.db, row.id, self._letter())
            drafts.save(self.db, row.id)

    def discard(self) -> None:
        for row in drafts.open_drafts(self.db, 1):
            drafts.discard(self.db, row.id, undo_window_s=0)


class Others:
    """What another program does, at random."""

    def __init__(self, peer: Peer, chance: random.Random) -> None:
        self.peer = peer
        self.chance = chance
        self.number = 100

    def act(self) -> None:
        mailbox = self.chance.choice(MAILBOXES)
        uids = self.peer.uids(mailbox)
        some = self.chance.sample(uids, min(len(uids), self.chance.randint(1, 3)))
        deed = self.chance.choice(("arrive", "arrive", "mark", "unmark", "move", "expunge", "copy"))
        if deed == "arrive" or not some:
            self.number += 1
            fill(self.peer, "INBOX", self.number)
        elif deed == "mark":
            self.peer.add_flags(mailbox, some, self.chance.choice(("\\Seen", "\\Flagged")))
        elif deed == "unmark":
            self.peer.remove_flags(mailbox, some, self.chance.choice(("\\Seen", "\\Flagged")))
        elif deed == "move":
            self.peer.copy(mailbox, some, self.chance.choice(MAILBOXES[:-1]))
            self.peer.expunge(mailbox, some)
        elif deed == "copy":
            self.peer.copy(mailbox, some[:1], self.chance.choice(MAILBOXES[:-1]))
        else:
            self.peer.expunge(mailbox, some[:1])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["move", "no_move"])
def test_two_machines_and_the_account_agree_in_the_end(
    dovecot: Dovecot, without_move: Dovecot, tmp_path: Path, kind: str, seed: int
) -> None:
    """F65: random operations on two machines and by a third program, then quiet."""
    server = dovecot if kind == "move" else without_move
    user, chance = server.new_user(), random.Random(f"{kind} {seed}")
    config = config_of(server, user)
    with (
        Peer(server, user) as peer,
        Machine(tmp_path / "first", user, config) as first,
        Machine(tmp_path / "second", user, config) as second,
    ):
        fill(peer, "INBOX", *range(1, 30))
        first.sync()
        second.sync()
        everybody = (Hands(first, chance), Hands(second, chance), Others(peer, chance))
        for _ in range(ROUNDS * 3):
            chance.choice(everybody).act()
        for machine in (first, second, first):
            machine.settle()
        assert_quiet(server, first, second)
