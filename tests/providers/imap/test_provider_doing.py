"""What is done on an account: in few commands, once however often it is asked, and nothing of others."""

from __future__ import annotations

import pytest
from checking import octets
from imap_accounts import ARCHIVE, INBOX, account, fill
from servers.fake_imap import BARE, FULL, FakeImap

from mail.keywords import FORWARDED, SEEN
from mail.operations import Applied, CreateMailbox, Destroy, Move, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey
from providers.errors import Unsupported
from providers.imap import convert

NO_QRESYNC = FULL.replace(" QRESYNC", "")


def _key(server: FakeImap, uid: int) -> RemoteKey:
    return convert.key_of(server.inbox.uidvalidity, uid)


@pytest.mark.parametrize("capability", [FULL, NO_QRESYNC], ids=["full", "no_qresync"])
def test_a_thousand_messages_are_archived_in_five_commands(capability: str) -> None:
    """F62: grouped into few commands."""
    with account(FakeImap(capability=capability)) as at:
        uids = fill(at.server.inbox, 1_000)
        at.sync()
        before = len(at.server.commands)
        marks = [SetKeywords(INBOX, _key(at.server, uid), frozenset({SEEN}), frozenset()) for uid in uids]
        assert all(isinstance(one, Applied) for one in at.provider.apply_all(marks))
        assert len(at.server.commands) - before <= 4
        before = len(at.server.commands)
        moves = [
            Move(INBOX, _key(at.server, uid), ARCHIVE, f"{uid - 1}@example.com") for uid in reversed(uids)
        ]
        outcomes = list(at.provider.apply_all(moves))
        assert len(at.server.commands) - before <= 5
        placed = at.server.mailboxes["Archive"]
        for move, outcome in zip(moves, outcomes, strict=True):
            assert isinstance(outcome, Applied)
            assert outcome.key is not None
            uid = convert.numbers_of(outcome.key)[1]
            assert f"<{move.message_id}>".encode() in placed.messages[uid].octets


def test_a_message_whose_id_is_part_of_another_is_not_taken_for_it() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 1, 7)
        fill(at.server.mailboxes["Archive"], 1, 17)
        at.sync()
        at.server.inbox.expunge(1)
        (outcome,) = at.provider.apply_all([Move(INBOX, _key(at.server, 1), ARCHIVE, "7@example.com")])
        assert not isinstance(outcome, Applied)


def test_without_uidplus_nothing_of_others_is_expunged() -> None:
    with account(FakeImap(capability=BARE)) as at:
        fill(at.server.inbox, 3)
        at.server.inbox.set_flags(3, ["\\Deleted"])
        at.sync()
        at.provider.apply(Destroy(INBOX, _key(at.server, 1)))
        at.provider.apply(Move(INBOX, _key(at.server, 2), ARCHIVE, "1@example.com"))
        assert len(at.server.inbox.messages) == 3
        assert at.server.said(rb"EXPUNGE|CLOSE") == []
        at.sync()
        assert at.agrees()
        assert at.agrees(ARCHIVE)


def test_keywords_a_server_does_not_keep_are_refused_and_others_set() -> None:
    with account(FakeImap()) as at:
        fill(at.server.inbox, 1)
        at.server.inbox.habits.permanent_flags = "\\Answered \\Seen"
        at.sync()
        with pytest.raises(Unsupported, match="forwarded"):
            at.provider.apply(SetKeywords(INBOX, _key(at.server, 1), frozenset({FORWARDED}), frozenset()))
        at.provider.apply(SetKeywords(INBOX, _key(at.server, 1), frozenset({SEEN}), frozenset({FORWARDED})))
        assert "\\Seen" in at.server.inbox.messages[1].flags


def test_a_new_mailbox_is_made_where_the_server_keeps_them() -> None:
    with account(FakeImap({"INBOX": (), "INBOX.Sent": ()}, delimiter=".")) as at:
        assert at.provider.apply(CreateMailbox("Work/2026")).mailbox == "INBOX.Work.2026"
        assert "INBOX.Work.2026" in at.server.mailboxes


def test_two_states_of_a_draft_are_told_apart_by_their_revision() -> None:
    with account(FakeImap()) as at:
        at.sync()
        drafts = MailboxKey("Drafts")
        states = [b"X-Dealbox-Revision: %d\r\n" % number + octets(1) for number in (1, 2)]
        first = at.provider.apply(Save(drafts, states[0], None))
        second = at.provider.apply(Save(drafts, states[1], first.key))
        assert second.key != first.key
        assert at.provider.apply(Save(drafts, states[1], first.key)) == second
        assert [one.octets for one in at.server.mailboxes["Drafts"].messages.values()] == [states[1]]


def test_a_copy_the_server_filed_by_itself_is_not_added_again() -> None:
    with account(FakeImap()) as at:
        at.sync()
        at.server.mailboxes["Sent"].add(b"X-Server: added\r\n" + octets(1))
        applied = at.provider.apply(Save(MailboxKey("Sent"), octets(1), None, frozenset({SEEN})))
        assert applied.key == convert.key_of(at.server.mailboxes["Sent"].uidvalidity, 1)
        assert at.server.said(rb"APPEND") == []


def test_what_was_added_is_found_where_it_shows_only_after_the_mailbox_is_opened_again() -> None:
    """Courier: a new APPEND is invisible until the next SELECT."""
    with account(FakeImap(capability=BARE)) as at:
        drafts = at.server.mailboxes["Drafts"]
        drafts.habits.hides_appended_until_select = True
        at.sync()
        assert at.provider.apply(Save(MailboxKey("Drafts"), octets(1), None)).key is not None
