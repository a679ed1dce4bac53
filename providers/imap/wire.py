"""Octets to and from a server, bounded: lines and literals, TLS, compression, and waiting."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import ssl
import zlib
from typing import Final

from providers import tls
from providers.errors import ProviderError, RetryLater, SignInAgain

LINE_OCTETS: Final = 1_000_000
_CHUNK: Final = 65_536
_INFLATED_AT_ONCE: Final = 1 << 20


class Wire:
    """Read and write one connection. Whatever goes wrong with it is RetryLater, and the connection is gone then."""

    def __init__(self, sock: socket.socket, host: str, read_s: float) -> None:
        self.host = host
        self.octets_in = 0
        self._sock: socket.socket | None = sock
        self._read_s = read_s
        self._buffer = b""
        self._at = 0
        self._inflate: zlib._Decompress | None = None
        self._deflate: zlib._Compress | None = None
        self._has_more_inflated = False
        sock.settimeout(read_s)

    @property
    def is_open(self) -> bool:
        """Tell whether the connection has not been dropped."""
        return self._sock is not None

    @property
    def is_loopback(self) -> bool:
        """Tell whether the other end is this machine."""
        peer = str(self._socket().getpeername()[0]).partition("%")[0]
        address = ipaddress.ip_address(peer)
        mapped = getattr(address, "ipv4_mapped", None)
        return bool((mapped or address).is_loopback)

    def raw(self) -> socket.socket:
        """Return the socket, for imaplib, which wants to keep one."""
        return self._socket()

    def limit_waiting(self, read_s: float | None = None) -> None:
        """Wait at most `read_s` seconds for the next octets from now on, as long as at first when None."""
        self._socket().settimeout(self._read_s if read_s is None else max(read_s, 0.001))

    def line(self, limit: int = LINE_OCTETS) -> bytes:
        """Return one line without its CRLF."""
        at = self._at
        end = self._buffer.find(b"\r\n", at)
        while end < 0:
            known = len(self._buffer) - at
            if known > limit:
                raise self.lost("sent a line that is too long")
            self.fill()
            at = self._at
            end = self._buffer.find(b"\r\n", at + max(known - 1, 0))
        self._at = end + 2
        return self._buffer[at:end]

    def exactly(self, octets: int) -> bytes:
        """Return that many octets; the caller has judged the number."""
        at, end = self._at, self._at + octets
        if end <= len(self._buffer):
            self._at = end
            return self._buffer[at:end]
        pieces = [self._buffer[at:]]
        missing = octets - len(pieces[0])
        self._buffer, self._at = b"", 0
        while missing > 0:
            piece = self._receive()
            if len(piece) > missing:
                self._buffer = piece[missing:]
                piece = piece[:missing]
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def has_line(self) -> bool:
        """Tell whether line() would return without waiting."""
        return self._buffer.find(b"\r\n", self._at) >= 0

    def has_unread(self) -> bool:
        """Tell whether octets have come that the socket does not tell of any more."""
        sock = self._socket()
        return (
            (isinstance(sock, ssl.SSLSocket) and sock.pending() > 0)
            or self._has_more_inflated
            or bool(self._inflate and self._inflate.unconsumed_tail)
        )

    def fill(self) -> None:
        """Wait for octets and keep them behind those not yet read."""
        octets = self._receive()
        self._buffer = self._buffer[self._at :] + octets
        self._at = 0

    def send(self, octets: bytes) -> None:
        """Send all of it, waiting for each piece no longer than for an answer."""
        if self._deflate is not None:
            octets = self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        sock, view = self._socket(), memoryview(octets)
        try:
            for start in range(0, len(view), _CHUNK):
                sock.sendall(view[start : start + _CHUNK])
        except OSError as error:
            raise self.lost("was lost") from error

    def wait(self, timeout_s: float, wake_fd: int | None = None) -> tuple[bool, bool]:
        """Wait for octets or for `wake_fd`; return which of the two came."""
        sock = self._socket()
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if wake_fd is not None:
            poll.register(wake_fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(max(timeout_s, 0.0) * 1000)}
        return sock.fileno() in ready, wake_fd in ready

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands. Raises SignInAgain when the server cannot be trusted, or spoke in clear before (CVE-2011-0411)."""
        sock = self._socket()
        try:
            if self._at < len(self._buffer) or self._has_come(sock):
                raise tls.Injected("something was sent in clear after the answer to STARTTLS")
            self._sock = context.wrap_socket(sock, server_hostname=self.host)
        except OSError as error:
            self.close()
            sock.close()
            raise refused_handshake(error, self.host) from error

    def start_deflate(self) -> None:
        """Compress both ways from now on (RFC 4978)."""
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        rest, self._buffer, self._at = self._buffer[self._at :], b"", 0
        if rest:
            self._buffer = self._inflated(rest)

    def lost(self, what: str) -> RetryLater:
        """Drop the connection and return the error that tells of it."""
        self.close()
        subject = f"The connection to {self.host}" if what == "was lost" else f"The server {self.host}"
        return RetryLater(f"{subject} {what}.")

    def close(self) -> None:
        """Drop the connection; twice is harmless."""
        sock, self._sock = self._sock, None
        self._buffer, self._at = b"", 0
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()

    def _socket(self) -> socket.socket:
        if self._sock is None:
            raise RetryLater(f"There is no connection to {self.host}.")
        return self._sock

    def _has_come(self, sock: socket.socket) -> bool:
        return self.wait(0)[0] and bool(sock.recv(1, socket.MSG_PEEK))

    def _receive(self) -> bytes:
        while True:
            if self._inflate is None:
                return self._received()
            if self._has_more_inflated or self._inflate.unconsumed_tail:
                octets = self._inflated(self._inflate.unconsumed_tail)
            else:
                octets = self._inflated(self._received())
            if octets:
                return octets

    def _received(self) -> bytes:
        try:
            octets: bytes = self._socket().recv(_CHUNK)
        except TimeoutError as error:
            raise self.lost("did not answer in time") from error
        except OSError as error:
            raise self.lost("was lost") from error
        if not octets:
            raise self.lost("was lost")
        self.octets_in += len(octets)
        return octets

    def _inflated(self, octets: bytes) -> bytes:
        assert self._inflate is not None
        try:
            inflated = self._inflate.decompress(octets, _INFLATED_AT_ONCE)
        except zlib.error as error:
            raise self.lost("sent what cannot be decompressed") from error
        if self._inflate.eof:
            raise self.lost("was lost")
        self._has_more_inflated = len(inflated) >= _INFLATED_AT_ONCE
        return inflated


def open_socket(host: str, port: int, connect_s: float) -> socket.socket:
    """Return a connected socket that neither waits to fill packets nor trusts a silent peer. Raises RetryLater."""
    try:
        sock = socket.create_connection((host, port), connect_s)
    except socket.gaierror as error:
        raise RetryLater(f"The server {host} cannot be found.") from error
    except TimeoutError as error:
        raise RetryLater(f"The server {host} does not answer on port {port}.") from error
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise RetryLater(f"The server {host} cannot be reached on port {port}: {reason}.") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if option := getattr(socket, name, None):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
    return sock


def refused_handshake(error: OSError, host: str) -> ProviderError:
    """Return what a failed handshake means: the user judges a certificate, everything else may pass."""
    if isinstance(error, ssl.SSLCertVerificationError | tls.PinChanged | tls.Injected):
        return SignInAgain(f"Nothing was said to {host}: {tls.reason(error, host)}.")
    if isinstance(error, ssl.SSLError):
        return RetryLater(f"{tls.reason(error, host)}.")
    return RetryLater(f"The connection to {host} was lost.")
