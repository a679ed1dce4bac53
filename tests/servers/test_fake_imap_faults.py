from __future__ import annotations

import imaplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from servers.fake_imap import FULL, FakeImap
from servers.imap_faults import (
    When,
    ahead,
    bye,
    change,
    cut,
    endless,
    in_pieces,
    meanwhile,
    refuse,
    say,
    stall,
    throttle,
)
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


def test_a_server_may_lie(fake: FakeImap) -> None:
    for _ in range(3):
        fake.inbox.add(MESSAGE)
    fake.inbox.habits.exists = 1000
    fake.inbox.habits.shows_uidnext = False
    fake.inbox.habits.has_new_epoch_at_each_select = True
    fake.inbox.habits.fetches_modseq = False
    with client(fake) as imap:
        first = imap.select_folder("INBOX")
        assert first[b"EXISTS"] == 1000
        assert b"UIDNEXT" not in first
        assert imap.select_folder("INBOX")[b"UIDVALIDITY"] != first[b"UIDVALIDITY"]
        assert b"MODSEQ" not in imap.fetch([1], ["FLAGS", "MODSEQ"])[1]
        fake.inbox.habits.exists = None
        fake.inbox.lose(2)
        assert imap.noop() == (b"done", [(2, b"EXISTS")])


def test_the_third_answer_is_cut_to_the_octet_and_the_next_connection_works(fake: FakeImap) -> None:
    uid = fake.inbox.add(MESSAGE)
    fault = fake.fault(rb"UID FETCH", cut(60), nth=3)
    with client(fake) as imap:
        imap.select_folder("INBOX")
        imap.fetch([uid], ["BODY.PEEK[]"])
        imap.fetch([uid], ["BODY.PEEK[]"])
        with pytest.raises(imaplib.IMAP4.abort):
            imap.fetch([uid], ["BODY.PEEK[]"])
    assert fault.struck.is_set()
    with client(fake) as imap:
        imap.select_folder("INBOX")
        imap.fetch([uid], ["BODY.PEEK[]"])


def test_a_command_is_refused_before_it_does_anything_or_its_answer_is_lost_after(fake: FakeImap) -> None:
    fake.fault(rb"APPEND", refuse(b"[OVERQUOTA] full"), when=When.BEFORE)
    fake.fault(rb"APPEND", refuse(b"[LIMIT] too big"), nth=2, when=When.ARRIVED)
    fake.fault(rb"APPEND", cut(is_reset=True))
    with client(fake) as imap:
        with pytest.raises(IMAPClientError, match="OVERQUOTA"):
            imap.append("Sent", MESSAGE)
        assert not fake.mailboxes["Sent"].messages
        with pytest.raises(IMAPClientError, match="LIMIT"):
            imap.append("Sent", MESSAGE)
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            imap.append("Sent", MESSAGE)
    assert len(fake.mailboxes["Sent"].messages) == 1


def test_answers_are_split_stalled_changed_and_added_to(fake: FakeImap) -> None:
    uid = fake.inbox.add(MESSAGE)
    fake.fault(rb"UID FETCH", in_pieces())
    fake.fault(rb"SELECT", ahead(b"* 9 EXPUNGE\r\n"))
    fake.fault(rb"UID SEARCH", change(lambda answer: answer.replace(b" 1\r\n", b" 1 \r\n")))
    fake.fault(rb"NOOP", throttle())
    fake.fault(rb"NOOP", say(b"* 5 EXISTS\r\n{tag} OK x\r\n"), nth=2)
    fake.fault(rb"NOOP", stall(5), nth=3)
    fake.fault(rb"UID SEARCH", meanwhile(lambda: fake.inbox.expunge(uid)), nth=2)
    with client(fake) as imap:
        imap.select_folder("INBOX")
        assert imap.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == MESSAGE
        assert imap.search("ALL") == [uid]
        assert imap.search("ALL") == [uid]
        assert imap.fetch([uid], ["FLAGS"]) == {}
        with pytest.raises(imaplib.IMAP4.error, match="92415"):
            imap.noop()
        assert imap.noop()[1] == [(5, b"EXISTS")]
        imap.socket().settimeout(0.2)
        with pytest.raises(TimeoutError):
            imap.noop()


def test_a_literal_may_be_endless(fake: FakeImap) -> None:
    fake.inbox.add(MESSAGE)
    fake.fault(rb"UID FETCH", endless(b"* 1 FETCH (UID 1 BODY[] {2147483648}\r\n"))
    with client(fake) as imap:
        imap.select_folder("INBOX")
        line = imap.socket()
        line.sendall(b"x UID FETCH 1 BODY.PEEK[]\r\n")
        heard = 0
        while heard < 10_000_000:
            heard += len(line.recv(1_000_000))


def test_a_server_says_bye_at_once_when_asked_or_when_there_are_too_many(fake: FakeImap) -> None:
    fake.max_connections = 1
    with client(fake), pytest.raises(imaplib.IMAP4.error, match="Too many"), client(fake):
        pass
    fake.max_connections = 10
    fake.greeting = b"* BYE overloaded\r\n"
    with pytest.raises(imaplib.IMAP4.error), client(fake):
        pass
    fake.greeting = b"* PREAUTH welcome\r\n"
    imap = IMAPClient(LOOPBACK, fake.port, ssl=False, timeout=30)
    imap.select_folder("INBOX")
    fake.fault(rb"NOOP", bye())
    with pytest.raises(imaplib.IMAP4.abort):
        imap.noop()
    imap.shutdown()


def test_an_idle_session_may_never_be_let_go(fake: FakeImap) -> None:
    fake.fault(rb"IDLE", ahead(b"* 7 EXISTS\r\n"))
    fake.fault(rb"DONE", stall())
    with client(fake) as imap:
        imap.select_folder("INBOX")
        line = imap.socket()
        line.sendall(b"x IDLE\r\n")
        assert line.recv(1000) == b"* 7 EXISTS\r\n+ idling\r\n"
        line.sendall(b"DONE\r\n")
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(1000)


def test_a_mailbox_deleted_or_renamed_behind_a_session_is_noticed(fake: FakeImap) -> None:
    fake.create("Deals/Won").add(MESSAGE)
    fake.create("Deals")
    with client(fake) as imap:
        imap.select_folder("Deals/Won")
        fake.rename("Deals", "Sales")
        assert imap.fetch([1], ["FLAGS"])
        assert "Sales/Won" in fake.mailboxes
        fake.delete("Sales/Won")
        with pytest.raises(IMAPClientError, match="NONEXISTENT"):
            imap.fetch([1], ["FLAGS"])


def test_an_answer_waits_for_the_test_while_another_session_goes_on(fake: FakeImap) -> None:
    reached, now = threading.Event(), threading.Event()
    fake.fault(rb"UID SEARCH", meanwhile(lambda: (reached.set(), now.wait(30))))
    with client(fake) as one, client(fake) as other:
        one.select_folder("INBOX")
        other.select_folder("INBOX")
        waiting = threading.Thread(target=one.search, args=("ALL",))
        waiting.start()
        assert reached.wait(30)
        assert other.search("ALL") == []
        now.set()
        waiting.join(30)
    assert FULL.split() == fake.capability.split()
