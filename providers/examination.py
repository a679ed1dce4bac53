"""Looking at an account's servers step by step, for whoever wants to know how they are: nothing is changed there."""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mail.text import safe_line
from providers import opening, probing, tls
from providers.imap.quirks import without_wrong
from providers.opening import Endpoint
from providers.probing import Key, Protocol, Trouble, Trust

if TYPE_CHECKING:
    from imapclient import IMAPClient

AskKey = Callable[[], Key | None]
"""Return who signs in, None where that is not to be tried."""
_SHORTEST_S: Final = 0.5
_MOST_WAYS: Final = 20


@dataclass(frozen=True, slots=True)
class Reached:
    """A server that greeted. `resolved_s` is how long its address took, `answered_s` the connection with its greeting.

    `tls_version` is "TLSv1.3" or the like, "" in clear; `certificate` is what was verified, or pinned; `mechanisms` are the ways to
    sign in that are offered ("PLAIN", "XOAUTH2").
    """

    protocol: Protocol
    endpoint: Endpoint
    resolved_s: float
    answered_s: float
    tls_version: str
    certificate: tls.CertificateFacts | None
    is_pinned: bool
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImapInside:
    """What is found signed in: capabilities without those the server is known to do wrong, and quota in KiB.

    `newest_at` is when the server says that the newest message of the inbox came, by its own clock.
    """

    capabilities: frozenset[str]
    quota_used: int | None
    quota_limit: int | None
    newest_at: int | None


@dataclass(frozen=True, slots=True)
class SmtpInside:
    """What is found signed in; `largest_octets` is None where the server does not say."""

    largest_octets: int | None


def imap(
    endpoint: Endpoint, trust: Trust, ask_key: AskKey, left_s: Callable[[], float]
) -> Iterator[Reached | ImapInside]:
    """Yield what is found, as it is found. Raises Trouble, and what `ask_key` raises."""
    resolved_s = _resolved(endpoint, "imap")
    timeout_s = max(left_s(), _SHORTEST_S)
    with probing.told(endpoint, "imap", timeout_s):
        began = time.monotonic()
        client = opening.imap(endpoint, trust.context(), timeout_s)
        try:
            answered_s = time.monotonic() - began
            offered = [each.decode("ascii", "replace").upper() for each in client.capabilities()]
            ways = [word.removeprefix("AUTH=") for word in offered if word.startswith("AUTH=")]
            yield _reached("imap", endpoint, trust, resolved_s, answered_s, client.socket(), ways)
            key = ask_key()
            if key is not None:
                probing.imap_sign_in(client, endpoint, key)
                yield _imap_inside(client, endpoint)
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()
            with contextlib.suppress(OSError):
                client.shutdown()


def _imap_inside(client: IMAPClient, endpoint: Endpoint) -> ImapInside:
    names = frozenset(each.decode("ascii", "replace").upper() for each in client.capabilities())
    used, limit = probing.quota(client)
    return ImapInside(without_wrong(names, endpoint.host), used, limit, _newest_at(client))


def _newest_at(client: IMAPClient) -> int | None:
    client.normalise_times = False  # as the server says it, with its zone
    client.use_uid = False
    try:
        exists = int(client.select_folder("INBOX", readonly=True).get(b"EXISTS", 0))
        answers = client.fetch([exists], ["INTERNALDATE"]) if exists else {}
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        return None
    times = [answer.get(b"INTERNALDATE") for answer in answers.values()]
    return max((int(each.timestamp()) for each in times if each is not None), default=None)


def smtp(
    endpoint: Endpoint, trust: Trust, ask_key: AskKey, left_s: Callable[[], float]
) -> Iterator[Reached | SmtpInside]:
    """Yield what is found, as it is found; nothing is sent. Raises Trouble, and what `ask_key` raises."""
    resolved_s = _resolved(endpoint, "smtp")
    timeout_s = max(left_s(), _SHORTEST_S)
    with probing.told(endpoint, "smtp", timeout_s):
        began = time.monotonic()
        client = opening.smtp(endpoint, trust.context(), timeout_s)
        try:
            answered_s = time.monotonic() - began
            ways = client.esmtp_features.get("auth", "").upper().split()
            yield _reached("smtp", endpoint, trust, resolved_s, answered_s, client.sock, ways)
            key = ask_key()
            if key is not None:
                probing.smtp_sign_in(client, endpoint, key)
                size = client.esmtp_features.get("size", "")
                yield SmtpInside(int(size) if size.isdecimal() and int(size) else None)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()


def _resolved(endpoint: Endpoint, protocol: Protocol) -> float:
    began = time.monotonic()
    try:
        socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Trouble("host", f"There is no server called {endpoint.host}.", protocol) from error
    return time.monotonic() - began


def _reached(
    protocol: Protocol,
    endpoint: Endpoint,
    trust: Trust,
    resolved_s: float,
    answered_s: float,
    sock: object,
    ways: Iterable[str],
) -> Reached:
    version, certificate = "", None
    if isinstance(sock, ssl.SSLSocket):
        version = sock.version() or ""
        der = sock.getpeercert(binary_form=True)
        with contextlib.suppress(ValueError):
            certificate = tls.facts(der) if der else None
    return Reached(
        protocol,
        endpoint,
        resolved_s,
        answered_s,
        version,
        certificate,
        bool(trust.pin and version),
        tuple(safe_line(way) for way in sorted(set(ways))[:_MOST_WAYS]),
    )
