"""Gmail: every message once, its labels as mailboxes, its ids as identity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from checking import octets
from imap_accounts import INBOX, At, account
from servers.fake_gmail import ALL, SPAM, TRASH, FakeGmail

from mail.keywords import FLAGGED, SEEN
from mail.operations import Destroy, Move, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey, Role

WORK = MailboxKey("Work")
DRAFTS = MailboxKey("[Gmail]/Drafts")
SENT = MailboxKey("[Gmail]/Sent Mail")
ALL_MAIL = MailboxKey(ALL)


@pytest.fixture
def at() -> Iterator[At]:
    with account(FakeGmail(labels=("Work",))) as made:
        yield made


def gmail(at: At) -> FakeGmail:
    assert isinstance(at.server, FakeGmail)
    return at.server


def places(at: At, number: int) -> dict[str, RemoteKey]:
    return {mailbox: key for (mailbox, key), told in at.cache.messages.items() if told[0] == octets(number)}


def test_a_message_lies_in_all_mail_and_in_the_mailbox_of_each_label(at: At) -> None:
    gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    gmail(at).arrive(octets(2), ["\\Sent"])
    gmail(at).arrive(octets(3), [])
    at.sync()
    assert set(places(at, 1)) == {ALL, "INBOX", "Work"}
    assert set(places(at, 2)) == {ALL, SENT}
    assert set(places(at, 3)) == {ALL}
    assert len(at.server.said(rb"SELECT")) == len(at.server.said(rb"SELECT .*All Mail"))


def test_places_of_one_message_have_one_identity_and_the_conversation_gmail_says(at: At) -> None:
    gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    (batch, *_) = at.sync()
    assert len({remote.identity for remote in batch.upserted}) == 1
    assert len({remote.thread_key for remote in batch.upserted}) == 1
    assert None not in {remote.thread_key for remote in batch.upserted}


def test_what_is_no_place_is_no_mailbox(at: At) -> None:
    at.sync()
    roles = {one.name: one.role for one in at.cache.mailboxes}
    assert roles == {
        "INBOX": Role.INBOX,
        "Work": None,
        "[Gmail]/All Mail": Role.ARCHIVE,
        "[Gmail]/Drafts": Role.DRAFTS,
        "[Gmail]/Sent Mail": Role.SENT,
        "[Gmail]/Spam": Role.JUNK,
        "[Gmail]/Trash": Role.TRASH,
    }


def test_a_star_is_a_keyword(at: At) -> None:
    gmail(at).arrive(octets(1), ["\\Inbox", "\\Starred"])
    at.sync()
    assert at.cache.messages[INBOX, places(at, 1)["INBOX"]][1] == {FLAGGED}


def test_labels_that_change_are_told_as_places(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox"])
    at.sync()
    gmail(at).label(message, ["Work"])
    at.sync()
    assert set(places(at, 1)) == {ALL, "Work"}


def test_keywords_that_change_are_told_of_every_place(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    at.sync()
    gmail(at).flag(message, ["\\Seen"])
    at.sync()
    assert {told[1] for told in at.cache.messages.values()} == {frozenset({SEEN})}


def test_a_change_seen_before_its_modseq_is_asked_for_again(at: At) -> None:
    """F16: HIGHESTMODSEQ moves on before the change can be seen."""
    message = gmail(at).arrive(octets(1), ["\\Inbox"])
    at.sync()
    at.server.mailboxes[ALL].highestmodseq += 5
    at.sync()
    there = at.server.mailboxes[ALL].messages[1]
    there.flags.add("\\Seen")
    there.modseq = at.server.mailboxes[ALL].highestmodseq - 1
    at.sync()
    assert message
    assert {told[1] for told in at.cache.messages.values()} == {frozenset({SEEN})}


def test_archiving_takes_the_label_of_the_inbox_away(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    at.sync()
    applied = at.provider.apply(Move(INBOX, places(at, 1)["INBOX"], ALL_MAIL, "1@example.com"))
    assert applied.mailbox == ALL_MAIL
    assert applied.key == places(at, 1)[ALL]
    assert gmail(at).labels(message) == {"Work"}
    at.sync()
    assert set(places(at, 1)) == {ALL, "Work"}


def test_a_move_between_labels_is_a_change_of_labels(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox"])
    at.sync()
    applied = at.provider.apply(Move(INBOX, places(at, 1)["INBOX"], WORK, "1@example.com"))
    assert applied.mailbox == WORK
    assert gmail(at).labels(message) == {"Work"}
    at.sync()
    assert set(places(at, 1)) == {ALL, "Work"}


def test_mail_goes_to_the_trash_and_comes_back(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox"])
    at.sync()
    there = at.provider.apply(Move(INBOX, places(at, 1)["INBOX"], MailboxKey(TRASH), "1@example.com"))
    assert set(gmail(at).where(message)) == {TRASH}
    at.sync()
    assert set(places(at, 1)) == {TRASH}
    assert there.key is not None
    back = at.provider.apply(Move(MailboxKey(TRASH), there.key, INBOX, "1@example.com"))
    assert back.mailbox == INBOX
    assert "\\Inbox" in gmail(at).labels(message)
    at.sync()
    assert set(places(at, 1)) == {ALL, "INBOX"}


def test_spam_is_a_place(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox"])
    at.sync()
    at.provider.apply(Move(INBOX, places(at, 1)["INBOX"], MailboxKey(SPAM), "1@example.com"))
    assert set(gmail(at).where(message)) == {SPAM}


def test_marking_in_the_mailbox_of_a_label_marks_the_message(at: At) -> None:
    gmail(at).arrive(octets(1), ["\\Inbox"])
    at.sync()
    applied = at.provider.apply(
        SetKeywords(INBOX, places(at, 1)["INBOX"], frozenset({SEEN, FLAGGED}), frozenset())
    )
    assert applied.mailbox == INBOX
    at.sync()
    assert {told[1] for told in at.cache.messages.values()} == {frozenset({SEEN, FLAGGED})}


def test_the_octets_come_from_all_mail(at: At) -> None:
    gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    at.sync()
    assert at.provider.message(WORK, places(at, 1)["Work"]) == octets(1)


def test_a_draft_is_saved_once_and_the_one_it_replaces_is_gone(at: At) -> None:
    at.sync()
    first = at.provider.apply(Save(DRAFTS, octets(1), None))
    again = at.provider.apply(Save(DRAFTS, octets(1), None))
    assert first == again
    at.provider.apply(Save(DRAFTS, octets(2), first.key))
    at.sync()
    assert {told[0] for told in at.cache.messages.values()} == {octets(2)}


def test_destroying_in_the_trash_is_for_good_and_elsewhere_takes_the_label(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    at.sync()
    at.provider.apply(Destroy(WORK, places(at, 1)["Work"]))
    assert gmail(at).labels(message) == {"\\Inbox"}
    at.provider.apply(Move(INBOX, places(at, 1)["INBOX"], MailboxKey(TRASH), "1@example.com"))
    at.sync()
    at.provider.apply(Destroy(MailboxKey(TRASH), places(at, 1)[TRASH]))
    at.sync()
    assert at.cache.messages == {}


def test_the_inbox_comes_before_the_rest_of_all_mail(at: At) -> None:
    for number in range(300):
        gmail(at).arrive(octets(number), ["\\Inbox"] if number < 5 else [])
    batch = at.provider.changes(None, limit=20)
    assert {remote.mailbox for remote in batch.upserted} >= {INBOX}


def test_a_label_taken_away_meanwhile_is_gone_when_the_account_is_compared_anew(at: At) -> None:
    message = gmail(at).arrive(octets(1), ["\\Inbox", "Work"])
    at.sync()
    gmail(at).label(message, ["\\Inbox"])
    at.cache.state = None
    at.sync()
    assert set(places(at, 1)) == {ALL, "INBOX"}
