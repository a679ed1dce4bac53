"""The suite is able to fail: accounts broken in one way each are caught by the check that is about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import cast

import pytest
from checking import OtherSide
from conformance import CHECKS
from other_sides import FakeOtherSide

from mail.changes import ChangeBatch, State
from mail.operations import Applied, Destroy, Move, Operation, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected, StateExpired
from providers.fake import FakeProvider
from providers.protocol import Memory, Provider


class Forgetful(FakeProvider):
    """Never tells that mail is gone."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        return dataclasses.replace(super().changes(since, limit=limit), destroyed=())


class Generous(FakeProvider):
    """Gives more than was asked for."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        return super().changes(since, limit=limit * 10)


class Repetitive(FakeProvider):
    """Begins at the beginning every time."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        return super().changes(None if since is None or "null" in since else since, limit=limit)


class Lossy(FakeProvider):
    """Leaves out the last message of each page."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        batch = super().changes(since, limit=limit)
        return dataclasses.replace(batch, upserted=batch.upserted[:-1])


class Hasty(FakeProvider):
    """Remembers what it told instead of what was taken."""

    _last: State | None = None

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        batch = super().changes(self._last or since, limit=limit)
        self._last = batch.new_state
        return batch


class Backward(FakeProvider):
    """Tells each page the wrong way round."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        batch = super().changes(since, limit=limit)
        return dataclasses.replace(batch, upserted=batch.upserted[::-1])


class Blind(FakeProvider):
    """Does not see keywords change."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        batch = super().changes(since, limit=limit)
        told = tuple(remote for remote in batch.upserted if remote.message is not None)
        return dataclasses.replace(batch, upserted=told)


class Nameless(FakeProvider):
    """Tells the mailboxes only the first time."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        batch = super().changes(since, limit=limit)
        return batch if since is None else dataclasses.replace(batch, mailboxes=None)


class Credulous(FakeProvider):
    """Takes any state for its own."""

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        try:
            return super().changes(since, limit=limit)
        except StateExpired:
            return super().changes(None, limit=limit)


class Unixlike(FakeProvider):
    """Changes the ends of lines."""

    def message(self, mailbox: MailboxKey, key: RemoteKey) -> bytes:
        return super().message(mailbox, key).replace(b"\r\n", b"\n")


class Idle(FakeProvider):
    """Says that it moved a message, and does not."""

    def apply(self, operation: Operation) -> Applied:
        return (
            Applied(operation.target, operation.key)
            if isinstance(operation, Move)
            else super().apply(operation)
        )


class Impatient(FakeProvider):
    """Refuses a move it already made."""

    def apply(self, operation: Operation) -> Applied:
        if isinstance(operation, Move):
            self._server.moved.clear()
        return super().apply(operation)


class Careless(FakeProvider):
    """Loses the keywords of what it moves."""

    def apply(self, operation: Operation) -> Applied:
        if isinstance(operation, Move) and (operation.mailbox, operation.key) in self._server.messages:
            self._server.mark((operation.mailbox, operation.key), frozenset())
        return super().apply(operation)


class Greedy(FakeProvider):
    """Replaces all keywords instead of adding."""

    def apply(self, operation: Operation) -> Applied:
        if isinstance(operation, SetKeywords):
            self._server.mark((operation.mailbox, operation.key), frozenset())
        return super().apply(operation)


class Strict(FakeProvider):
    """Refuses to destroy what is gone."""

    def apply(self, operation: Operation) -> Applied:
        if isinstance(operation, Destroy) and (operation.mailbox, operation.key) not in self._server.messages:
            raise Rejected("gone")
        return super().apply(operation)


class Hoarding(FakeProvider):
    """Keeps the draft that was replaced."""

    def apply(self, operation: Operation) -> Applied:
        if isinstance(operation, Save):
            operation = dataclasses.replace(operation, replaces=None)
        return super().apply(operation)


class Deaf(FakeProvider):
    """Does not notice changes while it waits."""

    def wait(self, timeout_s: float) -> bool:
        self._told_revision = self._server.revision
        return super().wait(min(timeout_s, 0.2))


class Stubborn(FakeProvider):
    """Cannot be interrupted."""

    def interrupt(self) -> None:
        return

    def wait(self, timeout_s: float) -> bool:
        return super().wait(min(timeout_s, 2.5))


BROKEN = {
    Forgetful: "mail_that_is_removed_is_told",
    Generous: "a_page_holds_at_most_the_limit",
    Repetitive: "nothing_is_told_twice",
    Lossy: "the_first_sync_tells_everything",
    Hasty: "a_page_that_was_not_taken_is_told_again",
    Backward: "the_newest_mail_of_the_inbox_comes_first",
    Blind: "keywords_that_change_are_told_without_octets",
    Nameless: "a_mailbox_that_appears_is_told_with_its_mail",
    Credulous: "a_state_that_is_not_its_own_has_expired",
    Unixlike: "the_octets_are_told_exactly",
    Idle: "a_moved_message_lies_where_the_answer_says",
    Impatient: "moving_twice_is_moving_once",
    Careless: "a_moved_message_lies_where_the_answer_says",
    Greedy: "keywords_are_added_and_removed_and_others_kept",
    Strict: "a_destroyed_message_is_gone_and_destroying_it_again_is_harmless",
    Hoarding: "a_draft_takes_the_place_of_the_one_it_replaces",
    Deaf: "waiting_does_not_miss_what_came_before_it",
    Stubborn: "waiting_can_be_interrupted",
}


class BrokenOtherSide(FakeOtherSide):
    """The account in memory, spoken to through a broken adapter."""

    def __init__(self, adapter: Callable[..., Provider]) -> None:
        super().__init__()
        self.adapter = adapter

    def connect(self, memory: Memory) -> Provider:
        return self.adapter(self.server)


@pytest.mark.parametrize(("adapter", "name"), BROKEN.items(), ids=[adapter.__name__ for adapter in BROKEN])
def test_a_broken_account_fails_the_check_that_is_about_it(adapter: type[FakeProvider], name: str) -> None:
    (check,) = [check for check in CHECKS if check.__name__ == name]
    with pytest.raises((AssertionError, Rejected, pytest.fail.Exception)):
        check(cast(OtherSide, BrokenOtherSide(adapter)))
