"""TLS as every connection has it: 1.2 or later, a certificate that is verified or pinned, nothing slipped in before it."""

from __future__ import annotations

import io
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mail.text import safe_line

_LONGEST_NAME: Final = 200
_MOST_HOSTS: Final = 8


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a server's certificate says of itself, for the user to judge. Times are ISO 8601 in UTC."""

    subject: str
    issuer: str
    hosts: tuple[str, ...]
    starts: str
    ends: str
    sha256: str


class PinChanged(ssl.SSLError):
    """The server shows another certificate than the one the user pinned."""


class Injected(ssl.SSLError):
    """Octets came in clear after the answer to STARTTLS: somebody on the way speaks for the server."""


def context(ca_file: str | None = None, pin: str | None = None) -> ssl.SSLContext:
    """Return the context of a connection: the system's authorities, or those of `ca_file`, or the pinned certificate alone.

    `pin` is the SHA-256 fingerprint of the server's own certificate. Raises OSError when `ca_file` cannot be read.
    """
    if not pin:
        made = ssl.create_default_context(cafile=ca_file or None)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        return made
    pinned = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    pinned.minimum_version = ssl.TLSVersion.TLSv1_2
    pinned.check_hostname = False
    pinned.verify_mode = ssl.CERT_NONE
    pinned.pin = fingerprint(pin)
    return pinned


class _PinnedContext(ssl.SSLContext):
    """Compares the certificate itself, after the handshake and before anything else is said."""

    pin = ""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        wrapped = super().wrap_socket(*args, **kwargs)
        seen = sha256(wrapped.getpeercert(binary_form=True) or b"")
        if seen != self.pin:
            wrapped.close()
            raise PinChanged(
                "the certificate is another than the pinned one: "
                f"its fingerprint is {shown(seen)}, pinned is {shown(self.pin)}"
            )
        return wrapped


def unverified() -> ssl.SSLContext:
    """Return a context for looking at a certificate, and for nothing else: no secret may follow."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


class Upgrade:
    """A context for STARTTLS: imaplib and smtplib call its wrap_socket once the server said yes. Raises Injected.

    What is in the buffer by then was sent in clear, and would be taken for words of the server (CVE-2011-0411).
    """

    def __init__(self, context: ssl.SSLContext, file: io.BufferedIOBase | None) -> None:
        self._context = context
        self._file = file

    def wrap_socket(self, sock: socket.socket, *, server_hostname: str) -> ssl.SSLSocket:
        """Return the socket in TLS."""
        if self._is_anything_left(sock):
            raise Injected("something was sent in clear after the answer to STARTTLS")
        return self._context.wrap_socket(sock, server_hostname=server_hostname)

    def _is_anything_left(self, sock: socket.socket) -> bool:
        timeout_s = sock.gettimeout()
        sock.setblocking(False)
        try:
            return isinstance(self._file, io.BufferedReader) and bool(self._file.peek(1))
        finally:
            sock.settimeout(timeout_s)


def sha256(der: bytes) -> str:
    """Return the fingerprint of a certificate as it is kept: 64 hexadecimal digits."""
    import hashlib

    return hashlib.sha256(der).hexdigest()


def fingerprint(text: str) -> str:
    """Return a fingerprint as it is kept, from what a person pastes. Raises ValueError."""
    digits = text.strip().lower().removeprefix("sha256").lstrip(":= ").replace(":", "").replace(" ", "")
    if len(digits) != 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError("a fingerprint has 64 hexadecimal digits (SHA-256)")
    return digits


def shown(pin: str) -> str:
    """Return a fingerprint as people compare it: AB:CD:..."""
    return ":".join(pin[at : at + 2] for at in range(0, len(pin), 2)).upper()


def facts(der: bytes) -> CertificateFacts:
    """Return what a certificate says of itself; its texts are safe to show. Raises ValueError when it is none."""
    from cryptography import x509  # 50 ms, and only when something is wrong

    certificate = x509.load_der_x509_certificate(der)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [
            *names.get_values_for_type(x509.DNSName),
            *map(str, names.get_values_for_type(x509.IPAddress)),
        ]
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        hosts = []
    return CertificateFacts(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        hosts=tuple(safe_line(host[:_LONGEST_NAME]) for host in hosts[:_MOST_HOSTS]),
        starts=_time(certificate.not_valid_before_utc),
        ends=_time(certificate.not_valid_after_utc),
        sha256=sha256(der),
    )


def _name(name: Any) -> str:
    return safe_line(name.rfc4514_string()[:_LONGEST_NAME])


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Numbers of OpenSSL's x509_vfy.h; the texts beside them change with its version.
_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_ADDRESS = 10, 9, 62, 64
_NOT_KNOWN = (18, 19, 20, 21)


def reason(error: ssl.SSLError, host: str) -> str:
    """Return in words why the connection was refused."""
    if isinstance(error, PinChanged | Injected):
        return f"{host}: {error.args[0]}"
    if not isinstance(error, ssl.SSLCertVerificationError):
        detail = (error.reason or "the handshake failed").replace("_", " ").lower()
        return f"{host} cannot be spoken to in TLS 1.2 or later: {safe_line(detail)}"
    code = error.verify_code
    if code == _EXPIRED:
        return f"the certificate of {host} has expired"
    if code == _NOT_YET:
        return f"the certificate of {host} is not valid yet: is the clock of this machine right?"
    if code in (_WRONG_HOST, _WRONG_ADDRESS):
        return f"the certificate is not for {host} but for another name"
    if code in _NOT_KNOWN:
        return f"the certificate of {host} is signed by itself, or by an authority this machine does not know"
    return f"the certificate of {host} is not to be trusted: {safe_line(error.verify_message)}"
