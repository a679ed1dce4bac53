from __future__ import annotations

import contextlib
import socket
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.imap.answers import Fetched
from providers.imap.conversation import Conversation
from providers.imap.fetched import epoch_seconds, parse
from providers.imap.refusals import Completion
from providers.imap.tokens import Garbled, Tokens
from providers.imap.wire import Wire


def read(*parts: bytes) -> Fetched:
    return parse(list(parts), 0)


def test_the_usual_answer_tells_everything() -> None:
    told = read(
        b'(UID 7 FLAGS (\\Seen $label1) INTERNALDATE "17-Jul-2023 02:44:25 -0700" RFC822.SIZE 4286 MODSEQ (12345)'
        b" X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 BODY[HEADER.FIELDS (SUBJECT)] {14}",
        b"Subject: a\r\n\r\n",
        b")",
    )
    assert told == Fetched(
        uid=7,
        flags=frozenset({"\\Seen", "$label1"}),
        internal_date=int(datetime(2023, 7, 17, 9, 44, 25, tzinfo=UTC).timestamp()),
        size=4286,
        modseq=12345,
        gmail_id=1278455344230334865,
        gmail_thread=1266894439832287888,
        sections={"HEADER.FIELDS": b"Subject: a\r\n\r\n"},
    )


def test_servers_may_write_it_differently() -> None:
    told = read(
        b'(flags (\\Seen) Body[] "short" uid 5 body[1.2.mime]<0> NIL BODY[TEXT] {2}',
        b"ab",
        b' BODY[header.fields.not ("To" Cc)] {3} unknown {1}',
        b"x",
        b' x-gm-labels (\\Inbox "a \\"b\\" c" {1}',
        b"&",
        b') internaldate " 1-Jan-1970 00:00:09 +0000" emailid (M1) bodystructure ("text" NIL 3 ("a" "b")))',
    )
    assert told.uid == 5
    assert told.internal_date == 9
    assert told.flags == {"\\Seen"}
    assert told.labels == {"\\Inbox", 'a "b" c', "&"}
    assert told.others == {
        "UNKNOWN": b"x",
        "EMAILID": (b"M1",),
        "BODYSTRUCTURE": (b"text", None, 3, (b"a", b"b")),
    }


def test_recent_is_no_flag_of_a_message() -> None:
    assert read(b"(UID 1 FLAGS (\\Recent \\Seen))").flags == {"\\Seen"}


def test_an_answer_without_modseq_says_so() -> None:
    """F18."""
    assert read(b"(UID 1 FLAGS ())").modseq is None


def test_large_uids_are_read() -> None:
    """F28."""
    assert read(b"(UID 4000000000 FLAGS ())").uid == 4_000_000_000


@pytest.mark.parametrize(
    "date",
    [
        b"32-Jan-2020 00:00:00 +0000",
        b"01-Foo-2020 00:00:00 +0000",
        b"",
        b"yesterday",
        b"01-Jan-0000 00:00:00 +0000",
    ],
)
def test_a_date_that_is_none_is_left_out(date: bytes) -> None:
    assert epoch_seconds(date) is None


def test_of_a_garbled_answer_what_can_be_read_is_told() -> None:
    assert read(b"(UID 9 FLAGS (\\Seen) BODY[] ???").uid == 9
    assert read(b"(BODYSTRUCTURE ((((( UID 9)").uid == 9
    assert read(b"(UID 9 BODY[] {5}").sections == {}
    assert read(b"(UID 9 BODY[] {123456789012345678901}").uid == 9
    with pytest.raises(Garbled):
        read(b"(FLAGS (\\Seen) X")


def test_lists_without_end_are_no_way_to_end_the_program() -> None:
    with pytest.raises(Garbled):
        Tokens([b"(" * 500_000]).node()
    with pytest.raises(Garbled):
        Tokens([b")"]).node()


@given(st.lists(st.binary(max_size=30), max_size=6), st.binary(max_size=60))
def test_no_answer_ends_the_program(literals: list[bytes], line: bytes) -> None:
    parts = [b"(UID 1 BODY[] {3}", b"abc", line]
    for literal in literals:
        parts += [literal, line]
    assert parse(parts, 0).uid


@pytest.mark.parametrize(
    "unit",
    [
        b"(",
        b")",
        b'"',
        b"[",
        b"a[ ",
        b'a" ',
        b"\\",
        b"BODY[ ",
        b'BODY["',
        b"UID ",
        b"{1} ",
        b"FLAGS (",
        b"A B ",
        b'"\\',
    ],
)
def test_no_line_takes_longer_than_its_length_warrants(unit: bytes) -> None:
    started = time.thread_time()
    line = (unit * 400_000)[:400_000]
    for reading in (
        lambda: read(b"(UID 1 " + line),
        lambda: Tokens([line]).node(),
        lambda: Tokens([b"(" + line]).words(),
    ):
        with contextlib.suppress(Garbled):
            reading()
    Completion.parse(b"NO [CODE " + line)
    assert time.thread_time() - started < 5


lines = st.sampled_from(
    [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n",
        b"* 2 FETCH (UID 2 BODY[] {10}\r\n* 1 FETC\r\n FLAGS ())\r\n",
        b"* 3 FETCH (UID 3 BODY[] {0}\r\n BODY[TEXT] {3}\r\n}\r\n)\r\n",
        b'* 4 FETCH (UID 4 BODY[1] "a)b" X-GM-LABELS ("{3}" a))\r\n',
        b"* 5 EXISTS\r\n",
        b"* VANISHED 7:9\r\n",
        b"* OK [ALERT] a {5}\r\n",
    ]
)


@given(st.lists(lines, max_size=8), st.data())
def test_however_the_octets_are_split_the_answers_are_the_same(
    said: list[bytes], data: st.DataObject
) -> None:
    """F6."""
    octets = b"".join(said) + b"d1 OK done\r\n"
    whole = _answers([octets])
    cuts = sorted(data.draw(st.sets(st.integers(1, len(octets) - 1), max_size=12)))
    pieces = [octets[start:end] for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    assert _answers(pieces) == whole
    assert _answers([octets[at : at + 1] for at in range(len(octets))]) == whole


class _Pieces(socket.socket):
    """A socket whose octets come in pieces of the test's choice."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = pieces[::-1]

    def recv(self, size: int, flags: int = 0) -> bytes:
        return self._pieces.pop()

    def sendall(self, octets: object, flags: int = 0) -> None:
        pass


def _answers(pieces: list[bytes]) -> list[object]:
    wire = Wire(_Pieces(pieces), "mail.example.com", 5)
    try:
        speaking = Conversation(wire)
        return [
            parse(answer.parts, answer.at)
            if answer.kind == b"FETCH"
            else (answer.kind, answer.number, answer.rest)
            for answer in speaking.answers(speaking.send(b"UID FETCH 1:* (FLAGS)"))
        ]
    finally:
        wire.close()
