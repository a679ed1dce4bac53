from __future__ import annotations

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from servers.certificates import Authority
from servers.fake_imap import BARE, GMAIL, FakeImap
from servers.ports import LOOPBACK
from servers.users import ALICE

MESSAGE = b"Message-ID: <1@example.com>\r\nSubject: Quote\r\nFrom: a@example.com\r\n\r\nHello\r\nworld\r\n"


@pytest.fixture
def fake() -> Iterator[FakeImap]:
    with FakeImap() as server:
        yield server


@contextmanager
def client(fake: FakeImap, timeout_s: float = 30) -> Iterator[IMAPClient]:
    imap = IMAPClient(LOOPBACK, fake.port, ssl=False, timeout=timeout_s)
    try:
        imap.login(ALICE.address, ALICE.password)
        yield imap
    finally:
        imap.shutdown()


def test_mailboxes_are_listed_with_their_roles_and_status(fake: FakeImap) -> None:
    fake.create('a "quoted" \\ name')
    fake.create("Deals/Won")
    fake.create("Deals")
    with client(fake) as imap:
        listed = {name: set(attributes) for attributes, _, name in imap.list_folders()}
        assert listed["Sent"] == {b"\\Sent", b"\\HasNoChildren"}
        assert listed["Deals"] == {b"\\HasChildren"}
        assert 'a "quoted" \\ name' in listed
        assert [name for _, _, name in imap.list_folders("", "%")] == [n for n in listed if "/" not in n]
        fake.inbox.add(MESSAGE, ["\\Seen"])
        fake.inbox.add(MESSAGE)
        status = imap.folder_status(
            "INBOX", ["MESSAGES", "UNSEEN", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"]
        )
        assert (status[b"MESSAGES"], status[b"UNSEEN"], status[b"UIDNEXT"]) == (2, 1, 3)


@pytest.mark.parametrize("delimiter", [None, "."])
def test_ten_thousand_mailboxes_of_any_name_are_listed(delimiter: str | None) -> None:
    with FakeImap(delimiter=delimiter) as fake, client(fake) as imap:
        for number in range(10_000):
            fake.create(f"Deals.{number}")
        fake.create("Broken &AGE name")
        fake.create("Bell \x07 and \xe9")
        imap.folder_encode = False
        listed = imap.list_folders()
        assert len(listed) == 10_008
        assert listed[0][1] == (b"." if delimiter else None)
        assert {name for _, _, name in listed} >= {b"Broken &AGE name", b"Bell \x07 and \xe9"}


def test_list_tells_status_in_one_round_trip(fake: FakeImap) -> None:
    with client(fake) as imap:
        kind, _ = imap._imap._simple_command(
            "LIST", '""', '"*"', "RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT))"
        )
        assert kind == "OK"
        assert len(imap._imap.untagged_responses["STATUS"]) == len(fake.mailboxes)


def test_messages_are_fetched_whole_and_in_parts(fake: FakeImap) -> None:
    received = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    uid = fake.inbox.add(MESSAGE, ["\\Flagged", "$label"], received, uid=4_000_000_000)
    with client(fake) as imap:
        imap.normalise_times = False
        imap.select_folder("INBOX", readonly=True)
        items = [
            "FLAGS",
            "INTERNALDATE",
            "RFC822.SIZE",
            "MODSEQ",
            "BODY.PEEK[]",
            "BODY.PEEK[HEADER]",
            "BODY.PEEK[TEXT]",
            "BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID)]",
            "BODY.PEEK[TEXT]<2.5>",
        ]
        found = imap.fetch([uid], items)[uid]
    assert found[b"FLAGS"] == (b"$label", b"\\Flagged")
    assert found[b"INTERNALDATE"] == received
    assert found[b"RFC822.SIZE"] == len(found[b"BODY[]"]) == len(MESSAGE)
    assert found[b"BODY[HEADER]"] + found[b"BODY[TEXT]"] == MESSAGE == found[b"BODY[]"]
    subject = b"Message-ID: <1@example.com>\r\nSubject: Quote\r\n\r\n"
    assert found[b"BODY[HEADER.FIELDS (SUBJECT MESSAGE-ID)]"] == subject
    assert found[b"BODY[TEXT]<2>"] == b"llo\r\n"
    assert fake.inbox.messages[uid].flags == {"\\Flagged", "$label"}


def test_the_parts_of_a_message_and_their_structure_are_told(fake: FakeImap) -> None:
    message = EmailMessage()
    message["Subject"] = "Offer"
    message.set_content("Hello\n")
    message.add_alternative("<p>Hello</p>", subtype="html")
    message.add_attachment(b"%PDF-" * 20, maintype="application", subtype="pdf", filename="offer.pdf")
    uid = fake.inbox.add(message.as_bytes().replace(b"\n", b"\r\n"))
    with client(fake) as imap:
        imap.select_folder("INBOX")
        found = imap.fetch([uid], ["BODYSTRUCTURE", "BODY.PEEK[1.1]", "BODY.PEEK[2]", "BODY.PEEK[2.MIME]"])[
            uid
        ]
    (alternative, pdf), kind = found[b"BODYSTRUCTURE"][0], found[b"BODYSTRUCTURE"][1]
    assert kind == b"mixed"
    assert [part[1] for part in alternative[0]] == [b"plain", b"html"]
    assert pdf[:2] == (b"application", b"pdf")
    assert pdf[8] == (b"attachment", (b"filename", b"offer.pdf"))
    assert found[b"BODY[1.1]"] == b"Hello\r\n"
    assert found[b"BODY[2]"].startswith(b"JVBERi0")
    assert b"application/pdf" in found[b"BODY[2.MIME]"]


def test_reading_without_peek_marks_seen(fake: FakeImap) -> None:
    uid = fake.inbox.add(MESSAGE)
    with client(fake) as imap:
        imap.select_folder("INBOX")
        imap.fetch([uid], ["BODY[]"])
    assert fake.inbox.messages[uid].flags == {"\\Seen"}


def test_flags_are_set_and_messages_copied_moved_and_expunged(fake: FakeImap) -> None:
    first, second = fake.inbox.add(MESSAGE), fake.inbox.add(MESSAGE)
    with client(fake) as imap:
        imap.select_folder("INBOX")
        assert imap.add_flags([first], ["\\Seen", "$deal"]) == {first: (b"$deal", b"\\Seen")}
        imap.remove_flags([first], ["\\Seen"], silent=True)
        assert fake.inbox.messages[first].flags == {"$deal"}
        imap.copy([first, second], "Archive")
        imap.move([second], "Trash")
        imap.delete_messages([first])
        imap.uid_expunge([first])
        assert imap.append("Sent", MESSAGE, ["\\Seen"]).startswith(b"[APPENDUID")
    held = {name: len(mailbox.messages) for name, mailbox in fake.mailboxes.items() if mailbox.messages}
    assert held == {"Archive": 2, "Trash": 1, "Sent": 1}


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("ALL", [1, 2]),
        ("UNSEEN", [2]),
        (["UID", "2:*"], [2]),
        (["HEADER", "Message-ID", "<1@example.com>"], [1, 2]),
        (["HEADER", "Message-ID", "<2@example.com>"], []),
        (["NOT", "KEYWORD", "$deal"], [2]),
        (["SINCE", "01-Jan-2026", "BEFORE", "02-Jan-2026"], []),
        (["OR", "SEEN", "FLAGGED"], [1]),
        (["LARGER", "10", "SUBJECT", "quote"], [1, 2]),
        ("MODSEQ 3", [2]),
    ],
)
def test_messages_are_searched(fake: FakeImap, criteria: object, found: list[int]) -> None:
    fake.inbox.add(MESSAGE, ["\\Seen", "$deal"])
    fake.inbox.add(MESSAGE)
    with client(fake) as imap:
        imap.select_folder("INBOX")
        assert list(imap.search(criteria)) == found


def test_a_change_since_a_modseq_is_told_with_what_vanished(fake: FakeImap) -> None:
    uids = [fake.inbox.add(MESSAGE) for _ in range(5)]
    since = fake.inbox.highestmodseq
    fake.inbox.set_flags(uids[0], ["\\Seen"])
    fake.inbox.expunge(uids[1], uids[2])
    with client(fake) as imap:
        imap.enable("QRESYNC")
        raw = imap._imap
        raw._simple_command("SELECT", "INBOX", f"(QRESYNC ({fake.inbox.uidvalidity} {since}))")
        assert raw.untagged_responses["VANISHED"] == [b"(EARLIER) 2:3"]
        assert [line.split(b"MODSEQ")[0] for line in raw.untagged_responses["FETCH"]] == [
            b"1 (UID 1 FLAGS (\\Seen) "
        ]
        raw.untagged_responses.clear()
        raw.state = "SELECTED"
        _, changed = raw.uid("FETCH", "1:*", "(FLAGS)", f"(CHANGEDSINCE {since} VANISHED)")
        assert raw.untagged_responses["VANISHED"] == [b"(EARLIER) 2:3"]
        assert len(changed) == 1
        raw.untagged_responses.clear()
        raw.uid("SEARCH", "RETURN", "(ALL COUNT)", "ALL")
        assert raw.untagged_responses["ESEARCH"][0].endswith(b"UID COUNT 3 ALL 1,4:5")


def test_what_changes_meanwhile_is_told_to_who_waits(fake: FakeImap) -> None:
    fake.inbox.add(MESSAGE)
    with client(fake) as imap:
        imap.select_folder("INBOX")
        imap.idle()
        fake.inbox.add(MESSAGE)
        assert imap.idle_check(30) == [(2, b"EXISTS")]
        fake.inbox.set_flags(1, ["\\Seen"])
        assert imap.idle_check(30) == [(1, b"FETCH", (b"UID", 1, b"FLAGS", (b"\\Seen",)))]
        fake.inbox.expunge(1)
        assert imap.idle_check(30) == [(1, b"EXPUNGE")]
        fake.push(b"* OK still here\r\n")
        assert imap.idle_check(30) == [(b"OK", b"still here")]
        assert fake.idle_sessions == 1
        imap.idle_done()
        imap.noop()
        assert fake.said(rb"IDLE|DONE|NOOP") == [b"IDLE", b"DONE", b"NOOP"]


def test_a_bare_server_refuses_what_it_does_not_announce() -> None:
    with FakeImap(capability=BARE) as fake, client(fake) as imap:
        imap.select_folder("INBOX")
        fake.inbox.add(MESSAGE)
        for command in ("ENABLE CONDSTORE", "IDLE", "UID MOVE 1 Trash", "UNSELECT", "UID EXPUNGE 1"):
            name, *arguments = command.split()
            with pytest.raises(imaplib.IMAP4.error):
                imap._imap._simple_command(name, *arguments)
                imap._imap._check_bye()
                raise imaplib.IMAP4.error


def test_signing_in_by_every_mechanism(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.good().server_context()
    with FakeImap(starttls=tls, is_right=lambda name, secret: secret == "right") as fake:
        for sign_in in ("login", "oauth2_login", "oauthbearer_login", "plain_login"):
            imap = IMAPClient(LOOPBACK, fake.port, ssl=False, timeout=30)
            imap.starttls(authority.client_context())
            with pytest.raises(LoginError):
                getattr(imap, sign_in)(ALICE.address, "wrong")
            getattr(imap, sign_in)(ALICE.address, "right")
            imap.noop()
            imap.shutdown()


def test_labels_of_gmail_are_told_searched_and_changed() -> None:
    with FakeImap(capability=GMAIL) as fake, client(fake) as imap:
        uid = fake.inbox.add(
            MESSAGE, labels=["\\Inbox", "Big deals"], gm_msgid=1278455344230334865, gm_thrid=7
        )
        imap.select_folder("INBOX")
        found = imap.fetch([uid], ["X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS"])[uid]
        assert found[b"X-GM-MSGID"] == 1278455344230334865
        assert set(found[b"X-GM-LABELS"]) == {b"\\Inbox", b"Big deals"}
        assert imap.search(["X-GM-MSGID", "1278455344230334865"]) == [uid]
        imap.remove_gmail_labels([uid], ["\\Inbox"])
        assert fake.inbox.messages[uid].labels == {"Big deals"}
