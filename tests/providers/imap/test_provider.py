"""What an account on a server costs, how it goes on after any break, and what the user chose of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest
from checking import Cache, octets, take_page
from imap_accounts import ARCHIVE, INBOX, account, config_of, fill
from other_sides import NoSecrets
from servers.fake_imap import BARE, FULL, FakeImap
from servers.imap_faults import cut, refuse

from mail.operations import Move
from mail.types import MailboxKey, RemoteKey
from providers.connect import connect
from providers.errors import RetryLater, SignInAgain
from providers.imap import convert
from providers.imap.provider import ImapProvider
from providers.protocol import MailboxChoice

NO_QRESYNC = FULL.replace(" QRESYNC", "")


class Choosing(Cache):
    """A cache whose user chose."""

    def __init__(self, chosen: Mapping[MailboxKey, MailboxChoice]) -> None:
        super().__init__()
        self.chosen = dict(chosen)

    def choices(self) -> Mapping[MailboxKey, MailboxChoice]:
        return self.chosen


def _key(server: FakeImap, uid: int) -> RemoteKey:
    return convert.key_of(server.inbox.uidvalidity, uid)


def test_a_look_that_finds_nothing_new_is_two_commands_whatever_the_number_of_mailboxes() -> None:
    with account(FakeImap({"INBOX": (), **{f"f{number}": () for number in range(50)}})) as at:
        for mailbox in at.server.mailboxes.values():
            fill(mailbox, 2)
        at.sync()
        before = len(at.server.commands)
        at.sync()
        assert [command.text.split()[0] for command in at.server.commands[before:]] == [b"NOOP", b"LIST"]


def test_only_mailboxes_that_changed_are_opened() -> None:
    with account(FakeImap()) as at:
        for mailbox in at.server.mailboxes.values():
            fill(mailbox, 2)
        at.sync()
        fill(at.server.mailboxes["Sent"], 1, 7)
        before = len(at.server.commands)
        at.sync()
        opened = [one.text for one in at.server.commands[before:] if one.text.startswith(b"SELECT")]
        assert len(opened) == 1
        assert b"Sent" in opened[0]


def test_one_new_message_comes_whole_in_one_fetch() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 5)
        at.sync()
        at.server.inbox.add(octets(9))
        before = len(at.server.said(rb"UID FETCH"))
        (batch, *_) = at.sync()
        assert [one.message for one in batch.upserted] == [octets(9)]
        assert len(at.server.said(rb"UID FETCH")) == before + 1


def test_a_new_message_that_is_large_comes_by_its_header() -> None:
    with account(FakeImap()) as at:
        at.sync()
        at.server.inbox.add(octets(9, "x" * 400_000))
        batch = take_page(at.provider, at.cache)
        (told,) = batch.upserted
        assert told.message is None
        assert told.header is not None
        assert told.header.startswith(b"Message-ID:")
        assert told.size_octets is not None
        assert told.size_octets > 400_000


@pytest.mark.parametrize("capability", [FULL, NO_QRESYNC, BARE], ids=["full", "no_qresync", "bare"])
@pytest.mark.parametrize("nth", range(1, 24, 2))
def test_a_sync_cut_at_any_command_goes_on_where_it_was(nth: int, capability: str) -> None:
    """F1: the connection ends at any command; what was taken is not told again, nothing is missing."""
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 40)
        fill(at.server.mailboxes["Archive"], 30, 100)
        at.server.fault(rb"(?!CAPABILITY|LOGIN|AUTH).", cut(), nth=nth)
        for _ in range(3):
            try:
                at.sync(limit=7)
                break
            except RetryLater:
                continue
        at.server.inbox.set_flags(3, ["\\Seen"])
        at.server.inbox.expunge(5)
        at.sync(limit=7)
        assert at.agrees()
        assert at.agrees(ARCHIVE)


def test_another_start_after_every_page_goes_on() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 30)
        at.sync(limit=3)
        for uid in range(1, 15):
            at.server.inbox.set_flags(uid, ["\\Seen"])
        fill(at.server.inbox, 9, 30)
        has_more = True
        for _ in range(40):
            one = ImapProvider(config_of(at.server), at.cache, NoSecrets(at.server.user.password))
            has_more = take_page(one, at.cache, 2).has_more_changes
            at.cache.fill(one)
            one.close()
            if not has_more:
                break
        assert not has_more
        assert at.agrees()


def test_news_noticed_in_a_backlog_come_with_the_next_page() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 300)
        take_page(at.provider, at.cache, 20)
        take_page(at.provider, at.cache, 20)
        at.server.inbox.add(octets(900))
        at.provider.notice()
        assert [one.message for one in take_page(at.provider, at.cache, 20).upserted] == [octets(900)]
        at.sync()
        assert at.agrees()


def test_a_flag_changed_while_the_message_was_fetched_ahead_is_told_right() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 900)
        for _ in range(12):
            take_page(at.provider, at.cache, 48)
        at.server.inbox.set_flags(300, ["\\Seen"])
        at.provider.notice()
        at.sync(48)
        assert at.agrees()


def test_how_much_is_to_come_is_counted_down() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 100)
        left = [batch.remaining for batch in at.sync(limit=20)]
        assert left == [80, 60, 40, 20, 0]


def test_the_newest_of_inbox_sent_and_drafts_come_before_old_mail_of_any() -> None:
    with account(FakeImap()) as at:
        for name in ("INBOX", "Archive", "Sent", "Drafts"):
            fill(at.server.mailboxes[name], 250)
        at.cache.take(at.provider.changes(None, limit=200))
        order = []
        for _ in range(4):
            batch = take_page(at.provider, at.cache, 200)
            order += [one.mailbox for one in batch.upserted[:1]]
        assert order[:2] == ["Sent", "Drafts"]


def test_a_mailbox_the_user_does_not_want_is_left_alone() -> None:
    cache = Choosing({ARCHIVE: MailboxChoice(is_synced=False)})
    with FakeImap() as server:
        fill(server.mailboxes["Archive"], 5)
        provider = ImapProvider(config_of(server), cache, NoSecrets(server.user.password))
        while take_page(provider, cache).has_more_changes:
            pass
        assert not cache.known(ARCHIVE)
        assert ARCHIVE in {one.key for one in cache.mailboxes}
        cache.chosen = {}
        while take_page(provider, cache).has_more_changes:
            pass
        assert len(cache.known(ARCHIVE)) == 5
        provider.close()


@pytest.mark.parametrize("capability", [FULL, BARE], ids=["full", "bare"])
def test_only_as_much_old_mail_comes_as_the_user_wants_and_more_when_they_want_more(capability: str) -> None:
    cache = Choosing({INBOX: MailboxChoice(since_days=30)})
    with FakeImap(capability=capability) as server:
        from datetime import UTC, datetime, timedelta

        now = datetime.now(UTC)
        for age in (300, 200, 100, 20, 10):
            server.inbox.add(octets(age), (), now - timedelta(days=age))
        provider = ImapProvider(config_of(server), cache, NoSecrets(server.user.password))
        while take_page(provider, cache).has_more_changes:
            pass
        assert len(cache.known(INBOX)) == 2
        server.inbox.set_flags(5, ["\\Seen"])
        server.inbox.set_flags(1, ["\\Seen"])
        while take_page(provider, cache).has_more_changes:
            pass
        assert len(cache.known(INBOX)) == 2
        cache.chosen = {INBOX: MailboxChoice(since_days=150)}
        while take_page(provider, cache).has_more_changes:
            pass
        assert len(cache.known(INBOX)) == 3
        cache.chosen = {}
        while take_page(provider, cache).has_more_changes:
            pass
        assert len(cache.known(INBOX)) == 5
        provider.close()


@pytest.mark.parametrize("capability", [FULL, NO_QRESYNC, BARE], ids=["full", "no_qresync", "bare"])
def test_a_message_marked_as_deleted_is_gone_until_the_mark_is_taken_off(capability: str) -> None:
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 5)
        at.server.inbox.set_flags(5, ["\\Deleted"])
        at.sync()
        assert set(at.told()) == {1, 2, 3, 4}
        at.server.inbox.set_flags(2, ["\\Seen", "\\Deleted"])
        at.sync()
        assert set(at.told()) == {1, 3, 4}
        at.server.inbox.set_flags(2, ["\\Seen"])
        at.server.inbox.set_flags(5, [])
        at.sync()
        assert at.agrees()


def test_waiting_without_idle_asks_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    from providers.imap import waiting

    monkeypatch.setattr(waiting, "_ASK_EVERY_S", 0.05)
    with account(FakeImap(capability=BARE)) as at:
        fill(at.server.inbox, 1)
        at.sync()
        timer = threading.Timer(0.2, lambda: fill(at.server.inbox, 1, 5))
        timer.start()
        assert at.provider.wait(20)
        timer.join()
        at.sync()
        at.provider.interrupt()
        began = time.monotonic()
        assert not at.provider.wait(60)
        assert time.monotonic() - began < 40


def test_the_first_wait_of_a_connection_that_only_waits_is_news() -> None:
    with account(FakeImap()) as at:
        assert at.provider.wait(60)
        assert not at.provider.wait(0.1)
        at.server.inbox.add(octets(1))
        assert at.provider.wait(60)


def test_a_wait_whose_connection_ends_says_so() -> None:
    """F20: EOF while it waits."""
    with account(FakeImap()) as at:
        at.sync()
        timer = threading.Timer(0.2, at.server.cut_all)
        timer.start()
        began = time.monotonic()
        with pytest.raises(RetryLater):
            at.provider.wait(100)
        assert time.monotonic() - began < 60
        timer.join()


def test_a_connection_that_ended_while_nobody_spoke_is_made_again() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 3)
        at.sync()
        at.server.cut_all()
        fill(at.server.inbox, 1, 8)
        at.sync()
        assert at.agrees()


def test_a_connection_long_unused_is_tried_before_an_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    from providers.imap import line

    monkeypatch.setattr(line, "_LONG_UNUSED_S", 0.0)
    with account(FakeImap()) as at:
        fill(at.server.inbox, 3)
        at.sync()
        at.server.cut_all()
        applied = at.provider.apply(Move(INBOX, _key(at.server, 2), ARCHIVE, "1@example.com"))
        assert applied.mailbox == ARCHIVE


def test_a_list_without_an_inbox_is_not_believed() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 3)
        at.sync()
        kept = dict(at.server.mailboxes)
        at.server.mailboxes.clear()
        with pytest.raises(RetryLater, match="no inbox"):
            at.sync()
        at.server.mailboxes.update(kept)
        at.sync()
        assert at.agrees()


def test_a_mailbox_that_may_not_be_opened_leaves_the_others_alone() -> None:
    with account(FakeImap(capability=BARE)) as at:
        fill(at.server.inbox, 3)
        fill(at.server.mailboxes["Archive"], 3, 10)
        at.server.fault(rb"SELECT .*Archive|STATUS .*Archive", refuse(b"[NOPERM] no"), times=1_000)
        at.sync()
        at.sync()
        assert at.agrees()
        assert not at.told(ARCHIVE)


def test_settings_that_name_no_server_or_no_password_ask_to_sign_in_again() -> None:
    cache = Cache()
    for config, secrets in (
        ({"username": "a"}, NoSecrets("x")),
        ({"imap_host": "localhost", "imap_security": "maybe"}, NoSecrets("x")),
        ({"imap_host": "localhost", "ca_file": "/nonexistent"}, NoSecrets("x")),
    ):
        provider = connect("imap", config, cache, secrets)
        with pytest.raises(SignInAgain):
            provider.changes(None)
        provider.close()
    with FakeImap() as server:
        secrets = NoSecrets("x")
        secrets.kept.clear()
        provider = connect("imap", config_of(server), cache, secrets)
        with pytest.raises(SignInAgain, match="no password"):
            provider.changes(None)
        provider.close()
