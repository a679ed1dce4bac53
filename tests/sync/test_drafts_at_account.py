"""Drafts and the account they are saved at, in any order of events."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sending import Sending

from store import actions, outbox
from store.sending import drafts, submissions
from sync.push import push


class Writer:
    """Somebody who writes one message while the worker saves it, with answers that get lost."""

    def __init__(self, sending: Sending, chance: random.Random) -> None:
        self.sending = sending
        self.chance = chance
        self.row = sending.draft()
        self.count = 0

    def write(self) -> None:
        self.count += 1
        draft = self.row.draft
        drafts.write(self.sending.db, self.row.id, replace(draft, body=f"Words {self.count}\n"))

    def save(self) -> None:
        drafts.save(self.sending.db, self.row.id)

    def push(self) -> None:
        push(self.sending.db, self.sending.id, self.sending.provider)

    def begin_pushing(self) -> None:
        """Take an operation, carry it out or not, and lose the answer; meanwhile the user writes on."""
        group = outbox.next_group(self.sending.db, self.sending.id, int(time.time()) + 100)
        if group and self.chance.random() < 0.6:
            self.sending.provider.apply(group[0].operation)
        if self.chance.random() < 0.5:
            self.write()
            self.save()
        if self.chance.random() < 0.5:
            self.sending.look()
        outbox.requeue_running(self.sending.db, self.sending.id)

    def look(self) -> None:
        self.sending.look()

    def discard_and_undo(self) -> None:
        drafts.discard(self.sending.db, self.row.id, undo_window_s=self.chance.choice((0, 10)))
        if self.chance.random() < 0.5:
            self.push()
        actions.undo(self.sending.db)

    def queue_and_cancel(self) -> None:
        later = int(time.time()) + 10
        queued = submissions.queue(self.sending.db, self.row.id, not_before=later)
        submissions.cancel(self.sending.db, queued.id)


@pytest.mark.parametrize("seed", range(12))
def test_one_draft_with_the_last_words_is_at_the_account_in_the_end(tmp_path: Path, seed: int) -> None:
    """F5: whatever was cut off, the account has the draft once."""
    with Sending(tmp_path) as sending:
        sending.look()
        writer = Writer(sending, random.Random(seed))
        steps: list[Callable[[], None]] = [
            writer.write,
            writer.save,
            writer.save,
            writer.push,
            writer.begin_pushing,
            writer.begin_pushing,
            writer.look,
            writer.discard_and_undo,
            writer.queue_and_cancel,
        ]
        for _ in range(40):
            writer.chance.choice(steps)()
            sending.check()
        writer.write()
        writer.save()
        sending.settle()
        sending.settle()
        kept = sending.in_drafts()
        assert [f"Words {writer.count}\r\n".encode() in message for message in kept] == [True]
        (row,) = drafts.open_drafts(sending.db)
        assert row.is_saved
        sending.check()
