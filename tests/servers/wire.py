"""Connections a test can cut, stall and take apart to the byte."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn

from servers.ports import LOOPBACK

_SO_LINGER_0 = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The connection is over: its thread ends."""


class Wire:
    """One connection, seen from the server; only its own thread reads and writes it."""

    def __init__(self, sock: socket.socket, number: int, stopping: threading.Event) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = number  # 0 is the first connection the server took
        self.octets_sent = 0
        self.octets_read = 0
        self._sock = sock
        self._stopping = stopping
        self._buffer = bytearray()

    def read_line(self) -> bytes:
        """Return the next line with its end."""
        while (end := self._buffer.find(b"\n")) < 0:
            self._receive()
        return self._take(end + 1)

    def read(self, count: int) -> bytes:
        """Return exactly `count` octets."""
        while len(self._buffer) < count:
            self._receive()
        return self._take(count)

    def wait_for_input(self, waker: socket.socket) -> bool:
        """Wait until the client says something, which is true, or `waker` is readable."""
        if self._buffer or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
            return True
        try:
            readable, _, _ = select.select([self._sock, waker], [], [])
        except (OSError, ValueError) as error:
            raise Gone from error
        return self._sock in readable

    def send(self, octets: bytes, piece: int = 0) -> None:
        """Send `octets`, in segments of `piece` octets when it is given."""
        try:
            for start in range(0, len(octets), piece or max(len(octets), 1)):
                part = octets[start : start + piece] if piece else octets
                self._sock.sendall(part)
                self.octets_sent += len(part)
        except OSError as error:
            raise Gone from error

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands; what was read before belongs to nobody (an injection is dropped)."""
        self._buffer.clear()
        try:
            self._sock = context.wrap_socket(self._sock, server_side=True)
        except OSError as error:
            raise Gone from error

    def hold(self) -> NoReturn:
        """Say nothing any more, until the server stops."""
        self._stopping.wait()
        raise Gone

    def close(self) -> NoReturn:
        """Send FIN and be gone."""
        self._finish()
        raise Gone

    def reset(self) -> NoReturn:
        """Send RST and be gone."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _SO_LINGER_0)
        self._sock.close()
        raise Gone

    def cut_from_outside(self, is_reset: bool = False) -> None:
        """End the connection from another thread than its own."""
        with contextlib.suppress(OSError):
            if is_reset:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _SO_LINGER_0)
                self._sock.shutdown(socket.SHUT_RD)
            else:
                self._sock.shutdown(socket.SHUT_RDWR)

    def _finish(self) -> None:
        # Closing with unread input would send RST: say FIN, then read what the client still says.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            self._sock.settimeout(1)
            while self._sock.recv(65_536):
                pass
        self._sock.close()

    def _receive(self) -> None:
        try:
            octets = self._sock.recv(262_144)
        except OSError as error:
            raise Gone from error
        if not octets:
            raise Gone
        self.octets_read += len(octets)
        self._buffer += octets

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


class Listener:
    """Take connections on a port of its own, and serve each in a thread of its own.

    `stop` ends them all, and raises what a serving thread failed with: a test must not pass over it.
    """

    def __init__(self, serve: Callable[[Wire], None], tls: ssl.SSLContext | None = None) -> None:
        self._serve = serve
        self._tls = tls
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._wires: list[Wire] = []
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []
        self._socket = socket.create_server((LOOPBACK, 0), backlog=200)
        self.port: int = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connections(self) -> int:
        """How many connections were ever taken."""
        with self._lock:
            return len(self._wires)

    @property
    def open_connections(self) -> int:
        with self._lock:
            return sum(thread.is_alive() for thread in self._threads)

    def cut_all(self, is_reset: bool = False) -> None:
        """End every connection there is, as a restart of the server does."""
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            wire.cut_from_outside(is_reset)

    def stop(self) -> None:
        """End the server; raise what went wrong in it."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(10)
        self._socket.close()
        self.cut_all()
        for thread in self._threads:
            thread.join(10)
        if self._failures:
            raise self._failures[0]

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                wire = Wire(sock, len(self._wires), self._stopping)
                thread = threading.Thread(target=self._run, args=(wire,), daemon=True)
                self._wires.append(wire)
                self._threads.append(thread)
            thread.start()

    def _run(self, wire: Wire) -> None:
        try:
            if self._tls is not None:
                wire.start_tls(self._tls)
            self._serve(wire)
        except Gone:
            pass
        except BaseException as error:  # noqa: BLE001 (a thread's outermost loop: stop() raises it)
            self._failures.append(error)
        finally:
            with contextlib.suppress(Gone):
                wire.close()
