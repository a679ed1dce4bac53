from __future__ import annotations

import imaplib
import threading
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from servers.certificates import Authority
from servers.ports import LOOPBACK
from servers.scripted_imap import (
    GREETING,
    Await,
    Close,
    Expect,
    Reset,
    ScriptedImap,
    Send,
    Stall,
    StartTls,
    answer,
    signed_in,
)


def client(server: ScriptedImap, timeout_s: float = 30) -> IMAPClient:
    return IMAPClient(LOOPBACK, server.port, ssl=False, timeout=timeout_s)


def test_each_connection_gets_its_script_byte_by_byte() -> None:
    found = b"* SEARCH 4 9\r\n{tag} OK done\r\n"
    select = answer(rb'SELECT "INBOX"', b"* 2 EXISTS\r\n{tag} OK done\r\n")
    with ScriptedImap(
        [*signed_in(), *select, Expect(rb"UID SEARCH"), Send(found, piece=1)],
        [*signed_in(b"IMAP4rev1 IDLE"), Close()],
    ) as server:
        imap = client(server)
        imap.login("alice", "secret")
        assert not imap.has_capability("IDLE")
        assert imap.select_folder("INBOX")[b"EXISTS"] == 2
        assert imap.search("ALL") == [4, 9]
        imap.shutdown()
        again = client(server)
        again.login("alice", "secret")
        assert again.has_capability("IDLE")
        again.shutdown()
    assert server.connections == 2
    assert b"UID SEARCH ALL" in server.commands


def test_a_literal_is_asked_for_and_read_whole() -> None:
    with ScriptedImap([*signed_in(), *answer(rb"APPEND .*\{5\}\r\nhello", b"{tag} OK done\r\n")]) as server:
        imap = client(server)
        imap.login("alice", "secret")
        imap.append("INBOX", b"hello")
        imap.shutdown()


@pytest.mark.parametrize("end", [Close(), Reset()])
def test_a_connection_ends_where_the_script_says(end: Close | Reset) -> None:
    half = Send(b"* 1 FETCH (BODY[] {1000}\r\nhalf of it")
    with ScriptedImap([*signed_in(), Expect(rb"NOOP"), half, end]) as server:
        imap = client(server)
        imap.login("alice", "secret")
        with pytest.raises((imaplib.IMAP4.abort, ConnectionError)):
            imap.noop()
        imap.shutdown()


def test_a_stalled_server_keeps_the_connection_and_says_nothing() -> None:
    with ScriptedImap([*signed_in(), Expect(rb"NOOP"), Stall()]) as server:
        imap = client(server, timeout_s=0.3)
        imap.login("alice", "secret")
        with pytest.raises(TimeoutError):
            imap.noop()
        imap.shutdown()


def test_a_script_waits_for_the_test() -> None:
    now = threading.Event()
    idle = [Expect(rb"IDLE"), Send(b"+ go\r\n"), Await(now), Send(b"* 7 EXISTS\r\n"), Stall()]
    with ScriptedImap([*signed_in(b"IMAP4rev1 IDLE"), *idle]) as server:
        imap = client(server)
        imap.login("alice", "secret")
        imap.idle()
        now.set()
        assert imap.idle_check(30) == [(7, b"EXISTS")]
        imap.shutdown()


def test_tls_starts_where_the_script_says(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    greeting = [
        Send(GREETING),
        *answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n"),
    ]
    tls = [*answer(rb"STARTTLS", b"{tag} OK done\r\n"), StartTls(authority.good().server_context())]
    with ScriptedImap([*greeting, *tls, *signed_in()[1:]]) as server:
        imap = client(server)
        imap.starttls(authority.client_context())
        imap.login("alice", "secret")
        imap.shutdown()


def test_a_command_nobody_expected_fails_the_test() -> None:
    with (
        pytest.raises(AssertionError, match="NOOP"),
        ScriptedImap([*signed_in(), Expect(rb"SELECT")]) as server,
    ):
        imap = client(server)
        imap.login("alice", "secret")
        try:
            imap.noop()
        except (IMAPClientError, OSError):
            imap.shutdown()
