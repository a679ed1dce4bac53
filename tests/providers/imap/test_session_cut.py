"""A session with a real server over a line that fails anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from servers.proxy import End, Proxy, Way

from providers.errors import RetryLater
from providers.imap.session import Endpoint, Session, SignIn, UidSet

MESSAGES = {
    uid: b"Subject: %d\r\n\r\n" % uid + (b"%d " % uid * 4_000)[:8_000] + b"\r\n" for uid in range(1, 9)
}


@contextmanager
def over(proxy: Proxy, user: User, *, compress: bool = False) -> Iterator[Session]:
    # In clear, so that octets of the line are octets of the server.
    endpoint = Endpoint("localhost", proxy.port, "none")
    session = Session(endpoint, SignIn(user.address, "password", lambda: user.password), compress=compress)
    try:
        yield session
    finally:
        session.close()


@pytest.fixture
def filled(dovecot: Dovecot, user: User) -> User:
    with Peer(dovecot, user) as peer:
        for message in MESSAGES.values():
            peer.append("INBOX", message)
    return user


@pytest.mark.parametrize("end", [End.FIN, End.RST])
def test_after_a_cut_every_4_kb_all_messages_come_whole_and_once(
    dovecot: Dovecot, filled: User, end: End
) -> None:
    """F1, F3."""
    told: dict[int, bytes] = {}
    with Proxy(dovecot.ports["imap"]) as proxy, over(proxy, filled, compress=False) as session:
        for octets in range(0, 64_000, 4_096):
            missing = UidSet.from_uids(MESSAGES.keys() - told.keys())
            session.connect()
            session.select("INBOX")
            fault = proxy.fail(Way.TO_CLIENT, octets, end)
            try:
                for one in session.fetch(missing, "BODY.PEEK[]"):
                    assert one.uid not in told
                    told[one.uid] = one.sections[""]
                session.noop()
            except RetryLater:
                assert not session.is_open
                assert fault.struck.wait(20)
    assert told == MESSAGES


def test_an_append_that_is_cut_off_says_that_nobody_knows(dovecot: Dovecot, user: User) -> None:
    """F5: the session tells the truth; whoever asked looks whether the message is there."""
    message = b"Subject: cut\r\n\r\n" + b"x" * 20_000
    with Proxy(dovecot.ports["imap"]) as proxy, over(proxy, user) as session:
        for way, octets in ((Way.TO_SERVER, 10), (Way.TO_SERVER, 9_000), (Way.TO_CLIENT, 5)):
            session.connect()
            session.noop()
            proxy.fail(way, octets)
            with pytest.raises(RetryLater):
                session.append("INBOX", message)
            assert not session.is_open
        session.connect()
        assert session.select("INBOX").exists <= 1


def test_a_wait_over_a_line_that_breaks_ends(dovecot: Dovecot, user: User) -> None:
    """F20."""
    with Proxy(dovecot.ports["imap"]) as proxy, over(proxy, user) as session:
        session.connect()
        session.select("INBOX")
        proxy.fail(Way.TO_CLIENT, 5, End.FIN)
        with pytest.raises(RetryLater):
            session.idle(60)
        assert not session.is_open


def test_a_look_at_a_hundred_mailboxes_costs_less_than_10_kb_where_the_server_compresses(
    dovecot: Dovecot, user: User
) -> None:
    with Peer(dovecot, user) as peer:
        for number in range(100 - len(peer.mailboxes())):
            peer.create(f"Many/{number:03}")
    with Proxy(dovecot.ports["imap"]) as proxy, over(proxy, user, compress=True) as session:
        session.connect()
        listed = session.list_mailboxes(with_status=True)
        session.logout()
        assert sum(one.status is not None for one in listed) == 100
        assert sum(proxy.octets.values()) < 10_000
