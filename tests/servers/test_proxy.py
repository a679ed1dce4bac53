from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from servers.ports import LOOPBACK
from servers.proxy import End, Proxy, Way
from servers.wire import Listener, Wire


@pytest.fixture
def echo() -> Iterator[Listener]:
    def serve(wire: Wire) -> None:
        while True:
            wire.send(wire.read_line())

    with Listener(serve) as listener:
        yield listener


@pytest.fixture
def proxy(echo: Listener) -> Iterator[Proxy]:
    with Proxy(echo.port) as started:
        yield started


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout=30)


def say(line: socket.socket, octets: bytes) -> bytes:
    line.sendall(octets)
    return hear(line, len(octets))


def hear(line: socket.socket, count: int) -> bytes:
    heard = b""
    while len(heard) < count and (octets := line.recv(count - len(heard))):
        heard += octets
    return heard


def test_what_is_said_arrives_and_is_counted_both_ways(proxy: Proxy) -> None:
    with connect(proxy) as line:
        assert say(line, b"x" * 300_000 + b"\n") == b"x" * 300_000 + b"\n"
    assert proxy.octets == {Way.TO_SERVER: 300_001, Way.TO_CLIENT: 300_001}


def test_every_answer_takes_a_round_trip_and_many_share_one(proxy: Proxy) -> None:
    proxy.round_trip_s = 0.2
    with connect(proxy) as line:
        started = time.monotonic()
        say(line, b"a\n")
        assert time.monotonic() - started >= 0.2
        started = time.monotonic()
        for _ in range(50):
            line.sendall(b"a\n")
        hear(line, 100)
        assert time.monotonic() - started < 5


def test_a_narrow_line_takes_its_time(proxy: Proxy) -> None:
    proxy.octets_per_s = 100_000
    with connect(proxy) as line:
        started = time.monotonic()
        say(line, b"x" * 19_999 + b"\n")
        assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("octets", [1, 5])
def test_a_connection_is_cut_at_exactly_that_octet(proxy: Proxy, octets: int) -> None:
    with connect(proxy) as line:
        say(line, b"before\n")
        fault = proxy.fail(Way.TO_CLIENT, octets)
        line.sendall(b"123456789\n")
        assert hear(line, 10) == b"123456789\n"[:octets]
        assert fault.struck.is_set()
    with connect(proxy) as again:
        assert say(again, b"works\n") == b"works\n"


def test_a_reset_is_heard_as_one(proxy: Proxy) -> None:
    with connect(proxy) as line:
        proxy.fail(Way.TO_SERVER, 3, End.RST)
        line.sendall(b"123456789\n")
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    assert proxy.octets[Way.TO_SERVER] == 3


def test_a_stalled_direction_is_silent_and_the_connection_stays(proxy: Proxy) -> None:
    with connect(proxy) as line:
        proxy.fail(Way.TO_CLIENT, 2, End.STALL)
        line.sendall(b"123\n")
        assert hear(line, 2) == b"12"
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_a_pulled_cable_is_silent_until_it_is_plugged_in(proxy: Proxy) -> None:
    with connect(proxy) as line:
        say(line, b"before\n")
        proxy.pull_cable()
        line.sendall(b"meanwhile\n")
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        proxy.plug_in()
        line.settimeout(30)
        assert hear(line, 10) == b"meanwhile\n"


def test_a_server_that_is_down_refuses_and_comes_back_on_the_same_port(proxy: Proxy) -> None:
    with connect(proxy) as line:
        say(line, b"before\n")
        proxy.refuse()
        with pytest.raises(ConnectionError):
            line.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.accept()
    with connect(proxy) as line:
        assert say(line, b"after\n") == b"after\n"
