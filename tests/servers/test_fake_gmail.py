from __future__ import annotations

from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from servers.fake_gmail import ALL, SPAM, TRASH, FakeGmail
from servers.ports import LOOPBACK
from servers.users import ALICE

MESSAGE = b"Message-ID: <1@example.com>\r\nSubject: Quote\r\n\r\nHello\r\n"
ANSWER = b"Message-ID: <2@example.com>\r\nReferences: <1@example.com>\r\nSubject: Re: Quote\r\n\r\nHi\r\n"


@pytest.fixture
def gmail() -> Iterator[FakeGmail]:
    with FakeGmail(labels=["Deals"]) as server:
        yield server


@pytest.fixture
def imap(gmail: FakeGmail) -> Iterator[IMAPClient]:
    client = IMAPClient(LOOPBACK, gmail.port, ssl=False, timeout=30)
    client.login(ALICE.address, ALICE.password)
    yield client
    client.shutdown()


def test_a_message_is_shown_in_all_mail_and_by_each_label(gmail: FakeGmail, imap: IMAPClient) -> None:
    gm_msgid = gmail.arrive(MESSAGE, ["\\Inbox", "Deals"])
    answer = gmail.arrive(ANSWER)
    assert set(gmail.where(gm_msgid)) == {ALL, "INBOX", "Deals"}
    imap.select_folder(ALL)
    uid = gmail.where(gm_msgid)[ALL]
    found = imap.fetch([uid, gmail.where(answer)[ALL]], ["X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS"])
    assert found[uid][b"X-GM-MSGID"] == gm_msgid
    assert set(found[uid][b"X-GM-LABELS"]) == {b"\\Inbox", b"Deals"}
    assert {facts[b"X-GM-THRID"] for facts in found.values()} == {gm_msgid}


def test_a_label_taken_or_given_moves_the_message_between_mailboxes(
    gmail: FakeGmail, imap: IMAPClient
) -> None:
    gm_msgid = gmail.arrive(MESSAGE)
    imap.select_folder(ALL)
    uid = gmail.where(gm_msgid)[ALL]
    imap.remove_gmail_labels([uid], ["\\Inbox"])
    imap.add_gmail_labels([uid], ["Deals"])
    assert set(gmail.where(gm_msgid)) == {ALL, "Deals"}
    assert not gmail.inbox.messages


def test_flags_are_the_messages_and_a_star_is_a_label(gmail: FakeGmail, imap: IMAPClient) -> None:
    gm_msgid = gmail.arrive(MESSAGE)
    imap.select_folder("INBOX")
    imap.add_flags(gmail.inbox.uids, ["\\Seen", "\\Flagged"])
    assert set(gmail.where(gm_msgid)) == {ALL, "INBOX", "[Gmail]/Starred"}
    assert gmail.mailboxes[ALL].messages[1].flags == {"\\Seen", "\\Flagged"}
    imap.select_folder(ALL)
    imap.remove_gmail_labels([1], ["\\Starred"])
    assert gmail.inbox.messages[1].flags == {"\\Seen"}


def test_archiving_and_deleting_are_moves(gmail: FakeGmail, imap: IMAPClient) -> None:
    gm_msgid = gmail.arrive(MESSAGE)
    imap.select_folder("INBOX")
    imap.move(gmail.inbox.uids, ALL)
    assert set(gmail.where(gm_msgid)) == {ALL}
    imap.select_folder(ALL)
    imap.move(gmail.mailboxes[ALL].uids, TRASH)
    assert set(gmail.where(gm_msgid)) == {TRASH}
    imap.select_folder(TRASH)
    imap.move(gmail.mailboxes[TRASH].uids, "INBOX")
    assert set(gmail.where(gm_msgid)) == {ALL, "INBOX"}
    imap.select_folder("INBOX")
    imap.move(gmail.inbox.uids, SPAM)
    imap.select_folder(SPAM)
    imap.delete_messages(gmail.mailboxes[SPAM].uids)
    imap.expunge()
    assert not any(mailbox.messages for mailbox in gmail.mailboxes.values())


def test_what_is_there_already_is_not_appended_again(gmail: FakeGmail, imap: IMAPClient) -> None:
    for _ in range(2):
        imap.append("[Gmail]/Sent Mail", MESSAGE, ["\\Seen"])
    assert len(gmail.mailboxes[ALL].messages) == len(gmail.mailboxes["[Gmail]/Sent Mail"].messages) == 1


def test_a_new_epoch_loses_no_message(gmail: FakeGmail) -> None:
    first, second = gmail.arrive(MESSAGE), gmail.arrive(ANSWER)
    gmail.label(first, [])
    gmail.inbox.new_epoch()
    assert gmail.where(second)["INBOX"] == 1
    gmail.label(second, ["Deals"])
    assert not gmail.inbox.messages
