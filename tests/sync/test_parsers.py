from __future__ import annotations

import os
import signal
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from syncing import a_message

from mail import parse
from mail.types import Body
from store import ingest_rows
from sync.frames import Fetched, Header
from sync.lane import ChildFailed
from sync.parsers import ParsingChildren

ROOT = Path(__file__).parents[2]
HOSTILE = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from mail import parse
from mail.types import Body
from store import ingest_rows
from sync import parsing
parsing.LIMIT_S = 0.2
def hostile(honest):
    def read(message, *rest):
        if b"kill" in message:
            os._exit(9)
        while b"hang" in message:
            pass
        return honest(message, *rest)
    return read
parse.parse = hostile(parse.parse)
parse.parse_header = hostile(parse.parse_header)
parsing.serve()
"""


def a_hostile_child() -> ParsingChildren:
    return ParsingChildren([sys.executable, "-P", "-c", HOSTILE])


def test_emails_come_in_the_order_of_the_messages(parsers: ParsingChildren) -> None:
    messages = [a_message(number) for number in range(50)]
    emails = [email for email, *_ in parsers.submit(messages).result()]
    assert emails == [replace(parse.parse(message), body=Body(None, None)) for message in messages]


def test_bodies_come_packed(parsers: ParsingChildren) -> None:
    ((_, packed, _),) = parsers.submit([a_message(1)]).result()
    assert packed == ingest_rows.pack(parse.parse(a_message(1)).body)


def test_headers_and_messages_come_in_their_order(parsers: ParsingChildren) -> None:
    work = [
        Header(a_message(number), 1_000 + number) if number % 2 else Fetched(a_message(number))
        for number in range(300)
    ]
    found = parsers.submit(work).result()
    assert [one.email.subject for one in found] == [f"Offer {number}" for number in range(300)]
    assert found[7].email == parse.parse_header(a_message(7), 1_007)
    assert (found[7].packed_body, found[7].packed_octets) == (None, None)
    assert found[8].packed_body is not None


def with_a_file(octets: bytes) -> bytes:
    return (
        b"Subject: Offer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\n"
        b"Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n"
        + octets
        + b"\r\n--b--\r\n"
    )


def test_octets_are_packed_only_of_small_whole_messages_with_files(parsers: ParsingChildren) -> None:
    small, large = with_a_file(b"1;2"), with_a_file(b"x" * 70_000)
    cut = b"X-Dealbox-Size-Octets: 5\r\n" + small
    work = [small, Fetched(small), Fetched(large), Fetched(cut), Fetched(a_message(1))]
    found = parsers.submit(work).result()
    assert [one.packed_octets is not None for one in found] == [False, True, False, False, False]
    assert zlib.decompress(found[1].packed_octets or b"") == small


def test_reports_are_found_among_the_messages(parsers: ParsingChildren) -> None:
    report = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"X-Failed-Recipients: ana@acme.example\r\n\r\n<ana@acme.example>: 550 5.1.1 User unknown\r\n"
    )
    first, second = parsers.submit([Fetched(report), Fetched(a_message(1))]).result()
    assert first.email.bounce is not None
    assert [one.email for one in first.email.bounce.recipients] == ["ana@acme.example"]
    assert second.email.bounce is None


@pytest.mark.parametrize("word", ["kill", "hang"])
def test_a_header_that_ends_the_child_is_known_all_the_same(word: str) -> None:
    child = a_hostile_child()
    try:
        found = child.submit([Header(a_message(1, text=word), 5_000), Header(a_message(2), 6_000)]).result(
            timeout=30
        )
    finally:
        child.close()
    assert [(one.email.problem is None, one.email.size_octets) for one in found] == [
        (False, 5_000),
        (True, 6_000),
    ]


def test_batches_may_be_handed_over_before_the_first_is_done(parsers: ParsingChildren) -> None:
    futures = [parsers.submit([a_message(number)] * 20) for number in range(5)]
    assert [future.result()[0].email.subject for future in futures] == [
        f"Offer {number}" for number in range(5)
    ]


def test_an_empty_batch_gives_nothing(parsers: ParsingChildren) -> None:
    assert parsers.submit([]).result() == []


@pytest.mark.parametrize("word", ["kill", "hang"])
def test_a_message_that_ends_the_child_becomes_a_placeholder_and_the_others_are_read(word: str) -> None:
    """F36: a message that crashes the parser, three times."""
    messages = [a_message(number) for number in range(6)]
    messages[3] = a_message(3, text=word)
    child = a_hostile_child()
    try:
        emails = child.submit(messages).result(timeout=30)
    finally:
        child.close()
    assert [email.problem is not None for email, *_ in emails] == [False, False, False, True, False, False]
    assert emails[3].email.octets_hash == parse.octets_hash(messages[3])


def test_a_batch_of_nothing_but_poison_comes_to_an_end() -> None:
    child = a_hostile_child()
    try:
        emails = child.submit([a_message(number, text="kill") for number in range(4)]).result(timeout=30)
    finally:
        child.close()
    assert all(email.problem for email, *_ in emails)


def test_a_child_ended_from_outside_costs_no_message(parsers: ParsingChildren) -> None:
    parsers.submit([a_message(1)]).result()
    for pid in parsers.pids():
        os.kill(pid, signal.SIGKILL)
    ((email, *_),) = parsers.submit([a_message(2)]).result(timeout=30)
    assert email.problem is None


def test_a_child_that_cannot_be_started_is_said() -> None:
    child = ParsingChildren(["/nowhere/python"])
    try:
        with pytest.raises(ChildFailed):
            child.submit([b"Subject: x\r\n\r\n"]).result(timeout=30)
    finally:
        child.close()


def test_a_child_that_ends_at_once_is_said() -> None:
    child = ParsingChildren([sys.executable, "-c", "pass"])
    try:
        with pytest.raises(ChildFailed):
            child.submit([b"Subject: x\r\n\r\n"]).result(timeout=30)
    finally:
        child.close()


def test_closing_twice_is_harmless() -> None:
    child = ParsingChildren()
    child.close()
    child.close()
