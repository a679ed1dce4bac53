"""Waiting, and servers that make it hard."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest
from imap_sessions import at_script
from servers.scripted_imap import Act, Await, Close, Expect, Reset, Send, Stall, answer

from providers.errors import RetryLater, Unsupported
from providers.imap.session import UidSet

IDLE = b"IMAP4rev1 IDLE"
PLUS = b"+ idling\r\n"
DONE = (Expect(b"DONE"), Send(b"d2 OK done\r\n"))


@pytest.fixture
def wake() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_news_ends_the_wait() -> None:
    """F17: a VANISHED while idling."""
    said = PLUS + b"* OK still here\r\n* VANISHED 3:4\r\n* 1 FETCH (UID 9 FLAGS (\\Seen))\r\n"
    with at_script(
        *answer(b"IDLE", said), *DONE, *answer(b"NOOP", b"{tag} OK\r\n"), capability=IDLE
    ) as session:
        assert session.idle(60)
        news = session.unsolicited()
        assert news.vanished == UidSet.parse(b"3:4")
        assert [told.uid for told in news.changed] == [9]
        session.noop()


def test_a_line_that_comes_in_pieces_is_one_line(wake: tuple[int, int]) -> None:
    """F6, F20."""
    go_on = threading.Event()
    script = (Expect(b"IDLE"), Send(PLUS + b"* 5 EXI", 1), Await(go_on), Send(b"STS\r\n", 1), *DONE)
    with at_script(*script, capability=IDLE) as session:
        threading.Timer(0.2, go_on.set).start()
        assert session.idle(60)
        assert session.unsolicited().exists == 5


def test_half_a_line_keeps_nobody_from_being_woken(wake: tuple[int, int]) -> None:
    """F20."""
    script = (*answer(b"IDLE", PLUS + b"* 5 EXI"), Expect(b"DONE"), Send(b"STS\r\nd2 OK done\r\n"))
    with at_script(*script, capability=IDLE) as session:
        threading.Timer(0.1, os.write, (wake[1], b"x")).start()
        started = time.monotonic()
        assert session.idle(60, wake[0])  # what was begun has come whole by then
        assert time.monotonic() - started < 30


def test_what_is_said_before_the_server_is_ready_counts() -> None:
    """F20."""
    with at_script(
        *answer(b"IDLE", b"* 7 EXISTS\r\n* OK wait\r\n" + PLUS), *DONE, capability=IDLE
    ) as session:
        assert session.idle(60)
        assert session.unsolicited().exists == 7


def test_what_nobody_has_looked_at_yet_is_no_reason_to_wait() -> None:
    with at_script(*answer(b"NOOP", b"* 7 EXISTS\r\n{tag} OK\r\n"), capability=IDLE) as session:
        session.noop()
        assert session.idle(60)


@pytest.mark.parametrize("end", [Close(), Reset(), Send(b"* BYE shutting down\r\n")])
@pytest.mark.parametrize("before", [b"", b"+ id", PLUS, PLUS + b"* 5 EXIS"])
def test_a_connection_that_ends_is_noticed_at_once(before: bytes, end: Act) -> None:
    """F20."""
    if before.endswith(b"EXIS") and isinstance(end, Send):
        pytest.skip("that is one line")
    with at_script(Expect(b"IDLE"), Send(before), end, capability=IDLE) as session:
        started, cpu = time.monotonic(), time.thread_time()
        with pytest.raises(RetryLater):
            session.idle(60)
        assert time.monotonic() - started < 20
        assert time.thread_time() - cpu < 0.5
        assert not session.is_open


def test_a_wait_in_silence_costs_nothing_and_ends_in_time() -> None:
    """F20."""
    with at_script(*answer(b"IDLE", PLUS), *DONE, capability=IDLE) as session:
        cpu = time.thread_time()
        assert not session.idle(1.0)
        assert time.thread_time() - cpu < 0.1


def test_a_done_that_is_never_answered_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """F20."""
    monkeypatch.setattr("providers.imap.idle._DONE_S", 0.4)
    chatter = b"* OK still here\r\n"
    for after in (Stall(), Send(chatter * 50)):
        with at_script(*answer(b"IDLE", PLUS), Expect(b"DONE"), after, Stall(), capability=IDLE) as session:
            with pytest.raises(RetryLater):
                session.idle(0.05)
            assert not session.is_open


def test_a_server_that_refuses_to_idle_says_so() -> None:
    script = (*answer(b"IDLE", b"{tag} NO [UNAVAILABLE] later\r\n"), *answer(b"NOOP", b"{tag} OK\r\n"))
    with at_script(*script, capability=IDLE) as session:
        with pytest.raises(RetryLater):
            session.idle(60)
        session.noop()
    with at_script() as session, pytest.raises(Unsupported):
        session.idle(60)


def test_a_server_that_ends_the_wait_by_itself_is_asked_again() -> None:
    with at_script(
        *answer(b"IDLE", PLUS + b"{tag} OK enough\r\n"), *answer(b"NOOP", b"{tag} OK\r\n"), capability=IDLE
    ) as session:
        assert not session.idle(60)
        session.noop()


class _Clocks:
    """Clocks of a machine that sleeps when the test says so."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def __call__(self) -> tuple[float, float]:
        now = time.monotonic()
        return now, now + self.slept_s


def test_a_machine_that_slept_connects_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """F45."""
    monkeypatch.setattr("providers.imap.idle._SLICE_S", 0.05)
    clocks = _Clocks()

    def sleep_eight_hours() -> None:
        clocks.slept_s = 8 * 3600.0

    with at_script(*answer(b"IDLE", PLUS), Stall(), capability=IDLE, clocks=clocks) as session:
        threading.Timer(0.2, sleep_eight_hours).start()
        with pytest.raises(RetryLater) as later:
            session.idle(60)
        assert later.value.after_s == 0
        assert not session.is_open


def test_a_command_after_a_sleep_is_not_sent_into_the_void() -> None:
    """F45."""
    clocks = _Clocks()
    with at_script(*answer(b"NOOP", b"{tag} OK\r\n"), Stall(), clocks=clocks) as session:
        session.noop()
        clocks.slept_s = 60.0
        with pytest.raises(RetryLater):
            session.noop()
        assert not session.is_open


def test_the_clocks_of_this_machine_go_on_together() -> None:
    from providers.imap.conversation import clocks

    before, after = clocks(), clocks()
    assert 0 <= after[0] - before[0] < 60
    assert abs((after[1] - before[1]) - (after[0] - before[0])) < 5
