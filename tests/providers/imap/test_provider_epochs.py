"""Servers whose numbers cannot be relied on: UIDNEXT and UIDVALIDITY absent, lower, changed, or never twice the same."""

from __future__ import annotations

import pytest
from imap_accounts import ARCHIVE, INBOX, account, fill
from servers.fake_imap import BARE, EXCHANGE_ONLINE, FULL, FakeImap

from mail.keywords import SEEN
from mail.operations import Destroy, Move, SetKeywords
from providers.errors import RetryLater
from providers.imap import convert

KINDS = {
    "qresync": FULL,
    "condstore": FULL.replace(" QRESYNC", ""),
    "bare": BARE,
    "exchange": EXCHANGE_ONLINE,
}


def test_a_server_that_does_not_say_uidnext_is_asked_for_its_last_message() -> None:
    """F12: absent."""
    for capability in (FULL, BARE):
        with account(FakeImap(capability=capability)) as at:
            at.server.inbox.habits.shows_uidnext = False
            fill(at.server.inbox, 5)
            at.sync()
            fill(at.server.inbox, 2, 5)
            at.sync()
            assert at.agrees()


@pytest.mark.parametrize("uidnext", [0, 3], ids=["zero", "less"])
def test_a_uidnext_that_decreases_hides_no_mail(uidnext: int) -> None:
    """F12: decreasing, or 0."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 5)
        at.sync()
        at.server.inbox.habits.uidnext = uidnext
        fill(at.server.inbox, 2, 5)
        at.sync()
        assert at.agrees()


@pytest.mark.parametrize("capability", KINDS.values(), ids=KINDS)
def test_a_new_epoch_is_told_under_its_keys_and_the_old_ones_are_gone(capability: str) -> None:
    """F13: UIDVALIDITY changed, and changed back."""
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 10)
        at.server.inbox.expunge(1, 2)
        at.sync()
        first = at.server.inbox.uidvalidity
        at.server.inbox.new_epoch()
        batches = at.sync()
        assert all(INBOX in batch.renumbered for batch in batches if batch.upserted)
        assert at.agrees()
        at.server.inbox.new_epoch(first)
        at.sync()
        at.sync()
        assert at.agrees()


def test_a_server_without_uidvalidity_is_synced() -> None:
    """F13: absent."""
    with account(FakeImap(capability=BARE)) as at:
        at.server.inbox.habits.shows_uidvalidity = False
        fill(at.server.inbox, 5)
        at.sync()
        at.server.inbox.set_flags(2, ["\\Seen"])
        at.sync()
        assert set(at.told()) == {1, 2, 3, 4, 5}
        assert at.told()[2] == {SEEN}


def test_a_uidvalidity_of_zero_is_an_epoch_like_another() -> None:
    """F13: 0, from the first look on, and instead of a number."""
    with account(FakeImap()) as at:
        at.server.inbox.new_epoch(0)
        fill(at.server.inbox, 5)
        at.sync()
        at.server.inbox.set_flags(2, ["\\Seen"])
        at.sync()
        assert at.told()[2] == {SEEN} and at.agrees()
        at.server.inbox.new_epoch(7)
        at.sync()
        at.sync()
        assert at.agrees()
        at.server.inbox.new_epoch(0)
        at.sync()
        at.sync()
        assert at.agrees()


def test_a_mailbox_numbered_anew_each_time_is_given_up_with_a_warning_and_others_go_on() -> None:
    """F13: another UIDVALIDITY at each SELECT; the loop ends after five."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 3)
        fill(at.server.mailboxes["Archive"], 3, 10)
        at.server.inbox.habits.has_new_epoch_at_each_select = True
        with pytest.raises(RetryLater, match="INBOX anew"):
            for _ in range(10):
                at.sync()
        assert at.agrees(ARCHIVE)
        assert len(at.server.said(rb"SELECT .*INBOX")) <= 12


def test_what_waits_for_a_mailbox_numbered_anew_is_done_after_the_next_look() -> None:
    """F14: never carried out on another message that has the same number now."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 4)
        at.sync()
        key = _key(at.server, 2)
        at.server.inbox.expunge(1)
        at.server.inbox.new_epoch()
        for operation in (
            Move(INBOX, key, ARCHIVE),
            Destroy(INBOX, key),
            SetKeywords(INBOX, key, frozenset({SEEN}), frozenset()),
        ):
            at.provider._line.close()
            with pytest.raises(RetryLater, match="anew"):
                at.provider.apply(operation)
        assert len(at.server.inbox.messages) == 3
        at.sync()
        assert at.agrees()


def _key(server: FakeImap, uid: int) -> convert.RemoteKey:
    return convert.key_of(server.inbox.uidvalidity, uid)
