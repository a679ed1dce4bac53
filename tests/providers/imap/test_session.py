"""A session with a real server."""

from __future__ import annotations

import io
import os
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from imap_sessions import at_dovecot
from servers.dovecot import Dovecot, User
from servers.peer import Peer

from mail.maildir_names import encode_utf7
from providers.errors import RetryLater
from providers.imap.session import Endpoint, Refused, Session, SignIn, UidSet

MESSAGE = b"Message-ID: <%d@example.com>\r\nSubject: Quote %d\r\n\r\nHello\r\n"
HEADER = "FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)]"


@pytest.fixture
def session(dovecot: Dovecot, user: User) -> Iterator[Session]:
    with at_dovecot(dovecot, user) as session:
        yield session


def fill(session: Session, count: int, mailbox: str = "INBOX") -> None:
    for number in range(1, count + 1):
        session.append(mailbox, MESSAGE % (number, number), received_at=1_700_000_000 + number)


def test_what_is_appended_is_fetched(session: Session) -> None:
    epoch, uid = session.append("INBOX", MESSAGE % (1, 1), ["\\Seen", "$label1"], 1_700_000_001) or (0, 0)
    told = session.select("INBOX")
    assert (told.uidvalidity, told.exists, told.uidnext, told.is_readonly) == (epoch, 1, uid + 1, False)
    (fetched,) = session.fetch(UidSet.everything(), f"{HEADER} MODSEQ")
    assert fetched.flags == {"\\Seen", "$label1"}
    assert fetched.internal_date == 1_700_000_001
    assert fetched.size == len(MESSAGE % (1, 1))
    assert fetched.modseq == told.highestmodseq
    assert fetched.sections == {"HEADER.FIELDS": b"Subject: Quote 1\r\n\r\n"}


def test_mailboxes_are_listed_with_their_roles_and_counts(session: Session) -> None:
    fill(session, 2)
    listed = {mailbox.name: mailbox for mailbox in session.list_mailboxes(with_status=True)}
    assert {"INBOX", "Sent", "Drafts", "Archive", "Junk", "Trash"} <= set(listed)
    assert "\\sent" in listed["Sent"].attributes
    status = listed["INBOX"].status
    assert status is not None
    assert (status.messages, status.uidnext) == (2, 3)
    assert status.uidvalidity and status.highestmodseq
    assert session.status("INBOX") == status
    assert [mailbox.status for mailbox in session.list_mailboxes()] == [None] * len(listed)


def test_names_of_all_kinds_go_there_and_back(session: Session) -> None:
    """F25."""
    names = ["Angebote & Verträge", 'a "quoted" name', "back\\slash", "with (parens) {3}", "報告", "a%b*c"]
    for name in map(encode_utf7, names):
        session.create(name)
        session.create(name)
        session.subscribe(name)
        session.append(name, MESSAGE % (1, 1))
        assert session.select(name).exists == 1
    assert set(map(encode_utf7, names)) <= {mailbox.name for mailbox in session.list_mailboxes()}


def test_flags_change_and_messages_move(session: Session) -> None:
    fill(session, 4)
    session.select("INBOX")
    assert not session.store(UidSet.parse(b"1:3"), "+", ["\\Seen", "$label1"])
    session.store(UidSet.parse(b"3"), "-", ["\\Seen"])
    flags = {told.uid: told.flags for told in session.fetch(UidSet.everything(), "FLAGS")}
    assert flags == {1: {"\\Seen", "$label1"}, 2: {"\\Seen", "$label1"}, 3: {"$label1"}, 4: set()}
    copied = session.copy(UidSet.parse(b"1,3"), "Archive")
    assert [uid for _, uid in copied.values()] == [1, 2]
    assert list(session.move(UidSet.parse(b"2"), "Trash")) == [2]
    session.store(UidSet.parse(b"1,3"), "+", ["\\Deleted"])
    session.expunge(UidSet.parse(b"1"))
    assert session.search("ALL") == UidSet.parse(b"3:4")


def test_a_conditional_store_leaves_alone_what_changed_since(
    dovecot: Dovecot, user: User, session: Session
) -> None:
    fill(session, 3)
    modseq = session.select("INBOX").highestmodseq
    with Peer(dovecot, user) as peer:
        peer.add_flags("INBOX", [2], "\\Flagged")
    left_alone = session.store(UidSet.parse(b"1:3"), "+", ["\\Seen"], unchanged_since=modseq)
    assert left_alone == UidSet.parse(b"2")


def test_what_changed_since_is_told_at_once(dovecot: Dovecot, user: User, session: Session) -> None:
    fill(session, 5)
    told = session.select("INBOX")
    assert told.uidvalidity and told.highestmodseq
    with Peer(dovecot, user) as peer:
        peer.add_flags("INBOX", [2], "\\Flagged")
        peer.expunge("INBOX", [4, 5])
    session.select("Sent")
    told = session.select("INBOX", qresync=(told.uidvalidity, told.highestmodseq))
    assert told.vanished == UidSet.parse(b"4:5")
    assert [(changed.uid, changed.flags) for changed in told.changed] == [(2, {"\\Flagged"})]
    assert not session.unsolicited()
    assert not session.select("INBOX", qresync=(told.uidvalidity or 0, told.highestmodseq or 0)).changed


def test_a_fetch_of_what_changed_tells_what_vanished_too(
    dovecot: Dovecot, user: User, session: Session
) -> None:
    fill(session, 5)
    modseq = session.select("INBOX").highestmodseq
    with Peer(dovecot, user) as peer:
        peer.add_flags("INBOX", [2], "\\Flagged")
        peer.expunge("INBOX", [4])
    changed = list(session.fetch(UidSet.everything(), "FLAGS", changed_since=modseq, vanished=True))
    assert [told.uid for told in changed] == [2]
    assert session.unsolicited().vanished == UidSet.parse(b"4")


def test_a_set_longer_than_a_command_may_be_is_asked_in_pieces(dovecot: Dovecot, user: User) -> None:
    with at_dovecot(dovecot, user, set_octets=6) as session:
        fill(session, 12)
        session.select("INBOX")
        odd = UidSet.from_uids(range(1, 13, 2))
        assert [told.uid for told in session.fetch(odd, "FLAGS")] == [1, 3, 5, 7, 9, 11]
        assert list(session.move(odd, "Archive")) == [1, 3, 5, 7, 9, 11]


def test_text_of_any_language_is_searched_for(session: Session) -> None:
    session.append("INBOX", "Subject: Grüße aus Zürich\r\n\r\n".encode())
    session.append("INBOX", b"Subject: other\r\n\r\n")
    session.select("INBOX")
    assert session.search('SUBJECT "zürich" UNSEEN ') == UidSet.parse(b"1")
    assert session.search(b"SUBJECT other") == UidSet.parse(b"2")
    assert not session.search("SUBJECT nowhere")
    with pytest.raises(Refused):
        session.search("SUBJECT zürich")
    with pytest.raises(Refused):
        session.search("ALL\r\nd9 DELETE INBOX")


def test_a_message_that_is_gone_is_refused_or_left_out(session: Session) -> None:
    """F8."""
    fill(session, 1)
    session.select("INBOX")
    assert [told.uid for told in session.fetch(UidSet.parse(b"1:9"), HEADER)] == [1]
    with pytest.raises(Refused) as refused:
        session.fetch_to(9, "", io.BytesIO())
    assert refused.value.code == "NONEXISTENT"
    assert session.is_open


def test_a_mailbox_that_is_not_there_is_refused_and_the_session_goes_on(session: Session) -> None:
    for asked in (lambda: session.select("Nowhere"), lambda: session.append("Nowhere", b"\r\n")):
        with pytest.raises(Refused) as refused:
            asked()
        assert refused.value.code in {"NONEXISTENT", "TRYCREATE"}
    assert session.selected is None
    session.noop()


@pytest.mark.parametrize("piece_octets", [1, 7, 262_144])
def test_a_section_comes_in_pieces_of_any_size(session: Session, piece_octets: int) -> None:
    message = MESSAGE % (1, 1)
    session.append("INBOX", message)
    session.select("INBOX")
    file = io.BytesIO()
    assert session.fetch_to(1, "", file, piece_octets=piece_octets) == len(message)
    assert file.getvalue() == message
    (told,) = session.fetch(UidSet.parse(b"1"), "BODY.PEEK[TEXT]")
    assert told.sections == {"TEXT": b"Hello\r\n"}


def test_a_message_of_sixty_megabytes_costs_little_memory(
    session: Session, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """F24."""
    size = 60_000_000
    session.append("INBOX", b"Subject: large\r\n\r\n".ljust(size // 1000, b"x") * 1000)
    session.select("INBOX")
    path = tmp_path_factory.mktemp("large") / "message"
    tracemalloc.start()
    try:
        with path.open("wb") as file:
            assert session.fetch_to(1, "", file) == size
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert path.stat().st_size == size


def test_news_ends_the_wait_and_a_byte_wakes_it(dovecot: Dovecot, user: User, session: Session) -> None:
    session.select("INBOX")
    session.unsolicited()
    with Peer(dovecot, user) as peer:
        peer.append("INBOX", MESSAGE % (1, 1))
    assert session.idle(30)
    assert session.unsolicited().exists == 1
    assert not session.idle(0.05)
    reader, writer = _pipe()
    with reader, writer:
        writer.write(b"x")
        writer.flush()
        started = time.monotonic()
        assert not session.idle(60, reader.fileno())
        assert time.monotonic() - started < 20
    assert session.search("ALL") == UidSet.parse(b"1")


def _pipe() -> tuple[io.BufferedReader, io.BufferedWriter]:
    read_fd, write_fd = os.pipe()
    return os.fdopen(read_fd, "rb"), os.fdopen(write_fd, "wb")


def test_compressed_octets_say_the_same(dovecot: Dovecot, user: User) -> None:
    with at_dovecot(dovecot, user, compress=True) as session:
        message = b"Subject: large\r\n\r\n" + b"words and words\r\n" * 200_000
        session.append("INBOX", message)
        session.select("INBOX")
        (told,) = session.fetch(UidSet.parse(b"1"), "BODY.PEEK[]")
        assert told.sections[""] == message
        assert session._open is not None and session._open.wire.octets_in < len(message) / 10
        assert not session.idle(0.05)


@pytest.mark.parametrize("kind", ["xoauth2", "oauthbearer"])
def test_a_token_signs_in(dovecot: Dovecot, user: User, kind: str) -> None:
    sign_in = SignIn(user.address, kind, lambda: dovecot.token(user))  # type: ignore[arg-type] # parametrized
    endpoint = Endpoint("localhost", dovecot.ports["imap"], "starttls")
    session = Session(endpoint, sign_in, tls=dovecot.authority.client_context())
    session.connect()
    assert session.is_open
    session.logout()
    assert not session.is_open
    with pytest.raises(RetryLater):
        session.noop()


def test_a_fetch_that_is_not_read_to_its_end_harms_nothing(session: Session) -> None:
    fill(session, 5)
    session.select("INBOX")
    answers = session.fetch(UidSet.everything(), "BODY.PEEK[]")
    assert next(answers).uid == 1
    assert [told.sections for told in session.fetch(UidSet.parse(b"2"), "FLAGS")] == [{}]
    with pytest.raises(RuntimeError):
        next(answers)
    assert next(session.fetch(UidSet.everything(), "BODY.PEEK[]")).uid == 1
    assert len(session.search("ALL")) == 5


def test_the_whole_account_is_known_after_two_round_trips(dovecot: Dovecot, user: User) -> None:
    with at_dovecot(dovecot, user) as session:
        assert session._open is not None
        session._open.wire.octets_in = 0
        assert all(mailbox.status for mailbox in session.list_mailboxes(with_status=True))
        assert session.enabled == {"QRESYNC"}
        assert session._open.wire.octets_in < 2_000
