from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from syncing import a_message

from mail import parse
from sync.parsers import ChildFailed, ParsingChild

ROOT = Path(__file__).parents[2]
HOSTILE = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from mail import parse
from sync import parsers
parsers.LIMIT_S = 0.2
honest = parse.parse
def hostile(message):
    if b"kill" in message:
        os._exit(9)
    while b"hang" in message:
        pass
    return honest(message)
parse.parse = hostile
parsers.serve()
"""


def a_hostile_child() -> ParsingChild:
    return ParsingChild([sys.executable, "-P", "-c", HOSTILE])


def test_emails_come_in_the_order_of_the_messages(parsers: ParsingChild) -> None:
    messages = [a_message(number) for number in range(50)]
    assert parsers.submit(messages).result() == [parse.parse(message) for message in messages]


def test_batches_may_be_handed_over_before_the_first_is_done(parsers: ParsingChild) -> None:
    futures = [parsers.submit([a_message(number)] * 20) for number in range(5)]
    assert [future.result()[0].subject for future in futures] == [f"Offer {number}" for number in range(5)]


def test_an_empty_batch_gives_nothing(parsers: ParsingChild) -> None:
    assert parsers.submit([]).result() == []


@pytest.mark.parametrize("word", ["kill", "hang"])
def test_a_message_that_ends_the_child_becomes_a_placeholder_and_the_others_are_read(word: str) -> None:
    messages = [a_message(number) for number in range(6)]
    messages[3] = a_message(3, text=word)
    child = a_hostile_child()
    try:
        emails = child.submit(messages).result(timeout=30)
    finally:
        child.close()
    assert [email.problem is not None for email in emails] == [False, False, False, True, False, False]
    assert emails[3].octets_hash == parse.octets_hash(messages[3])


def test_a_batch_of_nothing_but_poison_comes_to_an_end() -> None:
    child = a_hostile_child()
    try:
        emails = child.submit([a_message(number, text="kill") for number in range(4)]).result(timeout=30)
    finally:
        child.close()
    assert all(email.problem for email in emails)


def test_a_child_ended_from_outside_costs_no_message(parsers: ParsingChild) -> None:
    parsers.submit([a_message(1)]).result()
    child = parsers._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    (email,) = parsers.submit([a_message(2)]).result(timeout=30)
    assert email.problem is None


def test_a_child_that_cannot_be_started_is_said() -> None:
    child = ParsingChild(["/nowhere/python"])
    try:
        with pytest.raises(ChildFailed):
            child.submit([b"Subject: x\r\n\r\n"]).result(timeout=30)
    finally:
        child.close()


def test_a_child_that_ends_at_once_is_said() -> None:
    child = ParsingChild([sys.executable, "-c", "pass"])
    try:
        with pytest.raises(ChildFailed):
            child.submit([b"Subject: x\r\n\r\n"]).result(timeout=30)
    finally:
        child.close()


def test_closing_twice_is_harmless() -> None:
    child = ParsingChild()
    child.close()
    child.close()
