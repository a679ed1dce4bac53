from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError
from servers.certificates import Authority, Certificate
from servers.dovecot import Dovecot, User, missing
from servers.peer import Peer
from servers.ports import LOOPBACK

MESSAGE = b"Message-ID: <1@example.com>\r\nSubject: Quote\r\n\r\nHello\r\n"


@contextmanager
def starttls(dovecot: Dovecot) -> Iterator[IMAPClient]:
    imap = IMAPClient("localhost", dovecot.ports["imap"], ssl=False, timeout=60)
    try:
        imap.starttls(dovecot.authority.client_context())
        yield imap
    finally:
        imap.shutdown()


def test_everybody_has_a_mailbox_for_each_role(dovecot: Dovecot, user: User) -> None:
    with Peer(dovecot, user) as peer:
        assert {name: attributes - {"\\HasNoChildren"} for name, attributes in peer.mailboxes().items()} == {
            "INBOX": set(),
            "Drafts": {"\\Drafts"},
            "Sent": {"\\Sent"},
            "Archive": {"\\Archive"},
            "Junk": {"\\Junk"},
            "Trash": {"\\Trash"},
        }


def test_the_other_side_changes_a_mailbox_and_sees_what_is_in_it(dovecot: Dovecot, user: User) -> None:
    with Peer(dovecot, user) as peer:
        uid = peer.append("INBOX", MESSAGE, ["\\Flagged"])
        assert peer.messages("INBOX") == {uid: MESSAGE}
        peer.add_flags("INBOX", [uid], "\\Seen", "$label1")
        peer.remove_flags("INBOX", [uid], "\\Flagged")
        assert peer.flags("INBOX") == {uid: {"\\Seen", "$label1"}}

        peer.move("INBOX", [uid], "Archive")
        assert peer.uids("INBOX") == []
        assert peer.content()["Archive"] == [("<1@example.com>", {"\\Seen", "$label1"})]

        peer.create("Deals")
        peer.copy("Archive", peer.uids("Archive"), "Deals")
        peer.expunge("Archive", peer.uids("Archive"))
        peer.rename("Deals", "Won deals")
        assert peer.message_ids("Won deals") == ["<1@example.com>"]
        peer.delete("Won deals")
        assert "Won deals" not in peer.mailboxes()


def test_a_mailbox_made_again_has_another_uidvalidity(dovecot: Dovecot, user: User) -> None:
    with Peer(dovecot, user) as peer:
        peer.create("Deals")
        peer.append("Deals", MESSAGE, ["\\Seen"])
        before = peer.imap.folder_status("Deals", ["UIDVALIDITY"])
        peer.new_epoch("Deals")
        assert peer.imap.folder_status("Deals", ["UIDVALIDITY"]) != before
        assert peer.content()["Deals"] == [("<1@example.com>", {"\\Seen"})]


def test_a_token_signs_in_and_an_expired_one_does_not(dovecot: Dovecot, user: User) -> None:
    with starttls(dovecot) as imap:
        imap.oauth2_login(user.address, dovecot.token(user))
    with starttls(dovecot) as imap:
        imap.oauthbearer_login(user.address, dovecot.token(user))
    with starttls(dovecot) as imap, pytest.raises(LoginError):
        imap.oauth2_login(user.address, dovecot.token(user, expires_in_s=-60))


def test_a_wrong_password_and_an_unknown_user_are_refused(dovecot: Dovecot, user: User) -> None:
    with starttls(dovecot) as imap, pytest.raises(LoginError):
        imap.login(user.address, "wrong")
    with starttls(dovecot) as imap, pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
        imap.login("nosuchuser@example.com", user.password)


def test_what_is_hidden_is_not_announced() -> None:
    if missing():
        pytest.skip(missing())
    dovecot = Dovecot(without=["QRESYNC", "CONDSTORE", "SORT", "QUOTA"], storage="maildir", separator=".")
    dovecot.start()
    try:
        user = dovecot.new_user()
        with Peer(dovecot, user) as peer:
            announced = {name.decode() for name in peer.imap.capabilities()}
            assert {"MOVE", "UIDPLUS", "IDLE"} <= announced
            assert not announced & {"QRESYNC", "CONDSTORE", "SORT", "SORT=DISPLAY"}
            peer.create("Deals.Won")
            assert "Deals.Won" in peer.mailboxes()
            peer.append("INBOX", MESSAGE)
        dovecot.restart()
        with Peer(dovecot, user) as peer:
            assert peer.message_ids("INBOX") == ["<1@example.com>"]
    finally:
        dovecot.stop()
    assert not dovecot.root.exists()


def test_a_mailbox_that_is_full_takes_no_more() -> None:
    if missing():
        pytest.skip(missing())
    dovecot = Dovecot(quota_kibibytes=100)
    dovecot.start()
    try:
        with Peer(dovecot, dovecot.new_user()) as peer:
            with pytest.raises(IMAPClientError, match="OVERQUOTA"):
                peer.append("INBOX", MESSAGE + b"x" * 200_000)
            peer.append("INBOX", MESSAGE)
    finally:
        dovecot.stop()


@pytest.mark.parametrize("kind", ["expired", "not_yet_valid", "wrong_host", "self_signed"])
def test_a_certificate_that_is_wrong_is_refused_by_a_client_that_looks(kind: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(authority, getattr(authority, kind)())
    shake_hands(authority, authority.good())


def shake_hands(authority: Authority, certificate: Certificate) -> None:
    """Let a client of `authority` meet a server with `certificate`, in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = authority.client_context().wrap_bio(to_client, to_server, server_hostname=LOOPBACK)
    server = certificate.server_context().wrap_bio(to_server, to_client, server_side=True)
    unfinished = [client, server]
    while unfinished:
        side = unfinished.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            unfinished.append(side)
