"""Hostile and broken mail, from the server to the store: all of it is told, and none of it stops a sync."""

from __future__ import annotations

from datetime import UTC, datetime

from machines import Machine, assert_quiet
from makers import NOW
from servers.dovecot import Dovecot
from servers.peer import Peer

from mail.text import is_safe

TAIL = b"\r\n\r\nHello\r\n"


def bring(peer: Peer, *messages: bytes) -> None:
    for number, message in enumerate(messages):
        peer.append("INBOX", message, (), datetime.fromtimestamp(NOW + number, UTC))


def test_message_ids_that_are_none_are_no_reason_to_join_or_lose_mail(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F30: missing, empty, two of them, folded, without brackets, and 64 kB long."""
    long = b"".join(b"\r\n %060d" % number for number in range(1_000))
    bring(
        peer,
        b"Subject: None" + TAIL,
        b"Message-ID: \r\nSubject: Empty" + TAIL,
        b"Message-ID: <>\r\nSubject: Brackets" + TAIL,
        b"Message-ID: <first@x>\r\nMessage-ID: <second@x>\r\nSubject: Two" + TAIL,
        b"Message-ID:\r\n <folded@x>\r\nSubject: Folded" + TAIL,
        b"Message-ID: bare@x\r\nSubject: Bare" + TAIL,
        b"Message-ID: <" + long + b"@x>\r\nSubject: Long" + TAIL,
        b"In-Reply-To: <folded@x>\r\nSubject: Answer" + TAIL,
    )
    assert_quiet(dovecot, machine)
    rows = machine.db.read().execute("SELECT subject, thread_id FROM email").fetchall()
    threads = dict(rows)
    assert len(rows) == len(threads) == 8
    assert threads["Answer"] == threads["Folded"]
    assert len(set(threads.values())) == 7, "nothing else belongs together"


def test_references_that_lead_nowhere_make_conversations(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F31: loops, a message that answers itself, 20,000 references, commas and quotes between them."""
    bring(
        peer,
        b"Message-ID: <a@x>\r\nReferences: <b@x>\r\nSubject: Loop" + TAIL,
        b"Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: Loop" + TAIL,
        b"Message-ID: <self@x>\r\nIn-Reply-To: <self@x>\r\nReferences: <self@x>\r\nSubject: Me" + TAIL,
        b"Message-ID: <many@x>\r\nReferences:" + b"".join(b"\r\n <%d@y>" % n for n in range(20_000)) + TAIL,
        b'Message-ID: <commas@x>\r\nReferences: <c@x>,<d@x>,"a quoted, string"@z <>' + TAIL,
        b"Message-ID: <d@x>\r\nSubject: After" + TAIL,
    )
    assert_quiet(dovecot, machine)
    assert machine.thread("a@x") == machine.thread("b@x")
    assert machine.thread("commas@x") == machine.thread("d@x")


def test_headers_in_no_encoding_or_a_wrong_one_are_read(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F32: 8-bit octets, charsets that lie or do not exist, broken base64, characters cut in two."""
    bring(
        peer,
        b"Message-ID: <1@x>\r\nSubject: Angebot f\xfcr Sie" + TAIL,
        "Message-ID: <2@x>\r\nSubject: Angebot für Sie".encode() + TAIL,
        b"Message-ID: <3@x>\r\nSubject: =?utf-8?q?M=FCller?=" + TAIL,
        b"Message-ID: <4@x>\r\nSubject: =?x-none?q?caf=E9?=" + TAIL,
        b"Message-ID: <5@x>\r\nSubject: =?utf-8?b?Zm9v!!YmF?= =?utf-8?q?=E2=82?= =?utf-8?q?=AC?=" + TAIL,
        b"Message-ID: <6@x>\r\nFrom: =?gb2312?b?1tDOxMr9?= <a@x>\r\nSubject: \xd6\xd0\xce\xc4" + TAIL,
        b"Message-ID: <7@x>\r\nContent-Type: text/plain; charset=\xff\xfe" + TAIL,
    )
    assert_quiet(dovecot, machine)
    subjects = [row[0] for row in machine.db.read().execute("SELECT subject FROM email").fetchall()]
    assert subjects.count("Angebot für Sie") == 2


def test_what_a_terminal_would_act_on_is_taken_out(dovecot: Dovecot, peer: Peer, machine: Machine) -> None:
    """F33: NUL, escape sequences and window titles in subjects and names."""
    bring(
        peer,
        b"Message-ID: <1@x>\r\nFrom: \x1b[31mEvil\x1b[0m <e@x>\r\nSubject: \x1b]0;owned\x07Offer" + TAIL,
        b"Message-ID: <2@x>\r\nFrom: =?utf-8?b?GwBbMzFt?= <e@x>\r\nSubject: =?utf-8?q?=1B]52;c;eA=3D=3D=07=00?="
        + TAIL,
    )
    assert_quiet(dovecot, machine)
    rows = machine.db.read().execute("SELECT subject, from_name, preview FROM email").fetchall()
    assert all(is_safe(text) for row in rows for text in row)


def test_mail_with_an_impossible_date_stands_where_it_arrived(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F34: no date, year 20201, a zone of +9999, ten years ahead."""
    bring(
        peer,
        b"Message-ID: <1@x>\r\nSubject: None" + TAIL,
        b"Message-ID: <2@x>\r\nDate: Mon, 1 Jan 20201 00:00:00 +0000" + TAIL,
        b"Message-ID: <3@x>\r\nDate: Mon, 1 Jan 2024 00:00:00 +9999" + TAIL,
        b"Message-ID: <4@x>\r\nDate: Mon, 1 Jan 2036 00:00:00 +0000" + TAIL,
    )
    assert_quiet(dovecot, machine)
    rows = machine.db.read().execute("SELECT message_id, received_at FROM email ORDER BY id").fetchall()
    assert rows == [(f"{number + 1}@x", NOW + number) for number in range(4)]


def test_what_is_hardly_a_message_is_kept(dovecot: Dovecot, peer: Peer, machine: Machine) -> None:
    """F35: lines that end in LF only, no colon, no blank line, nothing but an end of line."""
    bring(
        peer,
        b"Message-ID: <1@x>\nSubject: Bare\n\nHello\n",
        b"This is no header\r\nMessage-ID: <2@x>\r\nnor is this\r\n\r\nHello\r\n",
        b"Message-ID: <3@x>\r\nSubject: No blank line\r\n",
        b"\r\n",
        b"x",
    )
    assert_quiet(dovecot, machine)
    assert machine.db.read().execute("SELECT count(*) FROM email").fetchone() == (5,)
