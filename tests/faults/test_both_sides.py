"""What the user does here and another program does there at the same time: nothing is lost, and the user hears of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from killing_servers import fill
from lines import when_sent
from machines import Machine, assert_quiet
from makers import NOW
from servers.dovecot import Dovecot
from servers.peer import Peer
from syncing import Inline, a_message

from mail.keywords import FLAGGED, SEEN
from mail.types import MailboxKey, Role, ThreadId
from providers.errors import RetryLater
from providers.imap.provider import ImapProvider
from store import actions, invariants
from store.secret.files import HeldKey
from store.sending import drafts
from sync.account import connected, sync_once


def notices(machine: Machine) -> list[str]:
    """Return what the user was told about refusals."""
    rows = machine.db.read().execute("SELECT text FROM event WHERE kind = 'rejected' ORDER BY seq")
    return [row[0] for row in rows.fetchall()]


def many(peer: Peer, mailbox: str, numbers: range) -> None:
    """Let many messages arrive in one command."""
    messages = [
        {"msg": a_message(number), "date": datetime.fromtimestamp(NOW + number, UTC)} for number in numbers
    ]
    peer.imap.multiappend(mailbox, messages)


def test_a_draft_edited_elsewhere_meanwhile_is_kept_beside_ours(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F60: another program replaced what we saved; then we save again."""
    machine.sync()
    row = drafts.begin(machine.db, machine.id, machine.draft("Plan"))
    drafts.save(machine.db, row.id)
    assert_quiet(dovecot, machine)
    ((uid, octets),) = peer.messages("Drafts").items()
    peer.append("Drafts", octets.replace(b"Hello", b"Theirs"), ["\\Draft"])
    peer.expunge("Drafts", [uid])
    drafts.write(machine.db, row.id, machine.draft("Plan", "Ours\n"))
    drafts.save(machine.db, row.id)
    assert_quiet(dovecot, machine)
    texts = [octets.rpartition(b"\r\n\r\n")[2].split()[0] for octets in peer.messages("Drafts").values()]
    assert sorted(texts) == [b"Ours", b"Theirs"]


def test_what_was_archived_here_and_trashed_there_lies_in_one_place_and_can_be_undone(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F61: the move of whoever came first stands, undo brings it back to the inbox, and no copy is left behind."""
    fill(peer, "INBOX", 1, 2)
    machine.sync()
    actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("INBOX"), Role.ARCHIVE)
    peer.move("INBOX", peer.uids("INBOX")[:1], "Trash")
    assert_quiet(dovecot, machine)
    assert peer.message_ids("Trash") == ["<1@example.com>"]
    assert peer.message_ids("Archive") == []
    assert actions.undo(machine.db) is not None
    assert_quiet(dovecot, machine)
    everywhere = [one for mailbox in ("INBOX", "Archive", "Trash") for one in peer.message_ids(mailbox)]
    assert sorted(everywhere) == ["<1@example.com>", "<2@example.com>"]


def test_an_undo_finds_what_another_program_moved_after_us(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F61: archived here and carried out, trashed there, then undone here."""
    fill(peer, "INBOX", 1)
    machine.sync()
    actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("INBOX"), Role.ARCHIVE)
    machine.sync()
    peer.move("Archive", peer.uids("Archive"), "Trash")
    machine.sync()
    assert actions.undo(machine.db) is not None
    assert_quiet(dovecot, machine)
    assert peer.message_ids("INBOX") == ["<1@example.com>"]
    assert peer.message_ids("Trash") == peer.message_ids("Archive") == []


def test_a_thousand_messages_marked_while_old_mail_comes_cost_three_commands(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F62: what the user does goes between two pages of old mail, in few commands."""
    many(peer, "INBOX", range(1_000))
    many(peer, "Archive", range(1_000, 2_600))
    marked: list[ThreadId] = []

    def mark() -> bool:
        inbox = machine.db.read().execute(
            "SELECT t.thread_id, m.total_threads FROM mailbox_thread t JOIN mailbox m ON m.id = t.mailbox_id"
            " WHERE m.key = 'INBOX'"
        )
        threads = [row[0] for row in inbox.fetchall()]
        if len(threads) == 1_000 and not marked:
            assert machine.thread_count() < 2_600, "the old mail was there already"
            actions.set_keyword(machine.db, threads, SEEN, True)
            marked.extend(threads)
        return True

    with (
        when_sent(b"UID STORE", lambda: None) as sent,
        connected(machine.db, machine.account, HeldKey()) as provider,
    ):
        assert sync_once(machine.db, machine.id, provider, Inline(), mark)
    assert len(marked) == 1_000
    assert len([octets for octets in sent if b"UID STORE" in octets]) <= 3
    assert all("\\Seen" in flags for flags in peer.flags("INBOX").values())
    assert invariants.check(machine.db) == []


def test_what_waits_for_a_mailbox_that_is_numbered_anew_is_done_to_the_same_messages(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F14: a mark and a move wait while UIDVALIDITY changes, and other messages have the numbers then."""
    fill(peer, "Archive", 9, 1, 2, 3)
    machine.sync()
    actions.set_keyword(machine.db, [machine.thread("1@example.com")], FLAGGED, True)
    actions.move(machine.db, [machine.thread("2@example.com")], machine.mailbox("Archive"), Role.INBOX)
    peer.expunge("Archive", peer.uids("Archive")[:1])
    peer.new_epoch("Archive")
    assert_quiet(dovecot, machine)
    assert sorted(peer.message_ids("Archive")) == ["<1@example.com>", "<3@example.com>"]
    assert peer.message_ids("INBOX") == ["<2@example.com>"]
    flags = peer.flags("Archive")
    flagged = [octets for uid, octets in peer.messages("Archive").items() if "\\Flagged" in flags[uid]]
    assert len(flagged) == 1 and b"<1@example.com>" in flagged[0]
    assert notices(machine) == []


def test_what_was_wanted_of_a_message_that_is_gone_is_dropped_with_a_notice(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F63: expunged by another program while operations waited."""
    fill(peer, "INBOX", 1, 2, 3)
    machine.sync()
    actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("INBOX"), Role.ARCHIVE)
    actions.set_keyword(machine.db, [machine.thread("2@example.com")], FLAGGED, True)
    peer.expunge("INBOX", peer.uids("INBOX")[:2])
    assert_quiet(dovecot, machine)
    assert peer.message_ids("INBOX") == ["<3@example.com>"]
    assert peer.message_ids("Archive") == []
    assert sum("no longer there" in text for text in notices(machine)) == 2


def test_what_waits_to_be_tried_again_of_a_message_that_is_gone_is_dropped_with_a_notice(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F63: the look tells that it is gone before anybody asks for it again."""
    fill(peer, "INBOX", 1, 2)
    machine.sync()
    actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("INBOX"), Role.ARCHIVE)
    with machine.db.write() as connection:
        connection.execute("UPDATE operation SET not_before = 1 << 40 WHERE state = 'pending'")
    peer.expunge("INBOX", peer.uids("INBOX")[:1])
    machine.sync()
    assert_quiet(dovecot, machine)
    assert [text for text in notices(machine) if "no longer there" in text]


def test_a_copy_found_in_place_of_one_that_is_gone_keeps_its_marks(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F63: the same message lay in the target all the time."""
    fill(peer, "INBOX", 1, flags=("\\Answered",))
    fill(peer, "Junk", 1)
    machine.sync()
    actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("Junk"), Role.INBOX)
    peer.expunge("Junk", peer.uids("Junk"))
    assert_quiet(dovecot, machine)
    assert list(peer.flags("INBOX").values()) == [{"\\Answered"}]


def test_another_message_of_the_same_id_is_not_taken_for_one_that_is_gone(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F63, F29: as an older revision of a draft, which lay in the target."""
    peer.append("INBOX", a_message(1, text="older, and longer"))
    peer.append("Archive", a_message(1))
    machine.sync()
    actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("Archive"), Role.INBOX)
    peer.expunge("Archive", peer.uids("Archive"))
    assert_quiet(dovecot, machine)
    assert len(peer.uids("INBOX")) == 1
    assert any("no longer there" in text for text in notices(machine))


def test_a_message_for_a_mailbox_that_is_gone_stays_and_the_user_is_asked(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F64: TRYCREATE; deleted by another program since."""
    fill(peer, "INBOX", 1)
    peer.create("Deals")
    machine.sync()
    thread = machine.thread("1@example.com")
    peer.delete("Deals")
    actions.move_to(machine.db, [thread], machine.mailbox("INBOX"), machine.mailbox("Deals"))
    assert_quiet(dovecot, machine)
    assert peer.message_ids("INBOX") == ["<1@example.com>"]
    assert any("Deals" in text and "made again?" in text for text in notices(machine))


def test_a_mailbox_renamed_while_its_old_mail_comes_is_told_whole(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F26: and one that is deleted while it is open, and made again."""
    peer.create("Deals")
    many(peer, "Deals", range(300))
    many(peer, "Archive", range(300, 600))
    renamed: list[str] = []

    def rename() -> bool:
        if not renamed and machine.thread_count() > 100:
            renamed.append("Deals")
            peer.rename("Deals", "Won")
        return True

    with connected(machine.db, machine.account, HeldKey()) as provider:
        assert isinstance(provider, ImapProvider)
        with suppress(RetryLater):  # Dovecot hangs up on whoever has it open
            sync_once(machine.db, machine.id, provider, Inline(), rename)
        assert renamed
        assert_quiet(dovecot, machine)
        provider._line.select(MailboxKey("Archive"))
        peer.delete("Archive")
        peer.create("Archive")
        fill(peer, "Archive", 1_000)
        actions.set_keyword(machine.db, [machine.thread("400@example.com")], SEEN, True)
    assert_quiet(dovecot, machine)
    assert peer.message_ids("Archive") == ["<1000@example.com>"]
    assert len(peer.uids("Won")) == 300
