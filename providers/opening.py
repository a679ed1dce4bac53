"""Opening a connection to an IMAP or SMTP server, up to where a password may be said."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from providers import tls

if TYPE_CHECKING:
    from imapclient import IMAPClient

Security = Literal["tls", "starttls", "none"]
CONNECT_S: Final = 15.0
_OURSELVES: Final = "[127.0.0.1]"
"""What we call ourselves in EHLO: the name of this machine is nobody's business, and looking it up takes seconds."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens, and how it is spoken to; "none" is for this machine and for those who insist."""

    host: str
    port: int
    security: Security


class NoStartTls(Exception):
    """The server does not offer STARTTLS, or somebody on the way takes the offer out. Nothing was said in clear."""


def imap(endpoint: Endpoint, context: ssl.SSLContext, timeout_s: float = CONNECT_S) -> IMAPClient:
    """Return a connection that has not signed in. Raises NoStartTls, ssl.SSLError, OSError, imaplib.IMAP4.error."""
    from imapclient import IMAPClient

    client = IMAPClient(
        endpoint.host,
        endpoint.port,
        ssl=endpoint.security == "tls",
        ssl_context=context,
        timeout=timeout_s,
    )
    try:
        if endpoint.security == "starttls":
            if not client.has_capability("STARTTLS"):
                raise NoStartTls(f"{endpoint.host} does not offer STARTTLS on port {endpoint.port}")
            inner = client._imap  # it lends nobody its buffer, and the buffer is what must be empty
            client.starttls(ssl_context=tls.Upgrade(context, getattr(inner, "_file", None) or inner.file))
            client.capabilities()
    except BaseException:
        _shut(client)
        raise
    return client


def _shut(client: IMAPClient) -> None:
    with contextlib.suppress(OSError):
        client.shutdown()


def smtp(endpoint: Endpoint, context: ssl.SSLContext, timeout_s: float = CONNECT_S) -> smtplib.SMTP:
    """Return a connection that has not signed in. Raises NoStartTls, ssl.SSLError, OSError, smtplib.SMTPException."""
    if endpoint.security == "tls":
        return _greeted(
            smtplib.SMTP_SSL(endpoint.host, endpoint.port, _OURSELVES, context=context, timeout=timeout_s)
        )
    client = _greeted(smtplib.SMTP(endpoint.host, endpoint.port, _OURSELVES, timeout=timeout_s))
    if endpoint.security == "none":
        return client
    try:
        if not client.has_extn("starttls"):
            raise NoStartTls(f"{endpoint.host} does not offer STARTTLS on port {endpoint.port}")
        code, _ = client.starttls(context=tls.Upgrade(context, client.file))  # type: ignore[call-overload] # see Upgrade
        if code != 220:
            raise NoStartTls(f"{endpoint.host} offers STARTTLS on port {endpoint.port} and refuses it")
        return _greeted(client)
    except BaseException:
        client.close()
        raise


def _greeted(client: smtplib.SMTP) -> smtplib.SMTP:
    try:
        client.ehlo_or_helo_if_needed()
    except BaseException:
        client.close()
        raise
    return client


def certificate(
    endpoint: Endpoint, protocol: Literal["imap", "smtp"], timeout_s: float = CONNECT_S
) -> tls.CertificateFacts | None:
    """Return what the server's certificate says of itself, None when it shows none. Nothing secret is sent."""
    with _looking(endpoint, protocol, timeout_s) as sock:
        der = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
    return tls.facts(der) if der else None


@contextlib.contextmanager
def _looking(endpoint: Endpoint, protocol: str, timeout_s: float) -> Iterator[object]:
    if protocol == "imap":
        client = imap(endpoint, tls.unverified(), timeout_s)
        try:
            yield client.socket()
        finally:
            _shut(client)
    else:
        connection = smtp(endpoint, tls.unverified(), timeout_s)
        try:
            yield connection.sock
        finally:
            connection.close()
