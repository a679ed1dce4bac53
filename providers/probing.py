"""Trying an account's servers before it is kept: what is there, or in plain words what is wrong."""

from __future__ import annotations

import contextlib
import imaplib
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from mail.text import safe_line
from providers import opening, tls
from providers.errors import RetryLater, SignInAgain
from providers.opening import Endpoint, NoStartTls
from providers.refusal_words import Kind, why
from providers.smtp_sign_in import with_password, with_token

if TYPE_CHECKING:
    from imapclient import IMAPClient

Protocol = Literal["imap", "smtp"]
TIMEOUT_S: Final = 15.0


class Trouble(Exception):
    """The server cannot be used as asked. The text says why; `certificate` has the facts where it is the reason."""

    def __init__(
        self, kind: Kind, text: str, protocol: Protocol, certificate: tls.CertificateFacts | None = None
    ) -> None:
        super().__init__(text)
        self.kind: Kind = kind
        self.protocol: Protocol = protocol
        self.certificate = certificate


@dataclass(frozen=True, slots=True)
class Key:
    """Who signs in, with a password or an access token."""

    username: str
    secret: str = field(repr=False)
    is_token: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificate is believed: the system's authorities, a file of them, or one pinned certificate."""

    ca_file: str = ""
    pin: str = ""

    def context(self) -> ssl.SSLContext:
        """Return the context of a connection. Raises OSError, ValueError."""
        return tls.context(self.ca_file or None, self.pin or None)


@dataclass(frozen=True, slots=True)
class ImapFacts:
    """What was found after signing in. Quota is in KiB; None where the server does not say."""

    capabilities: tuple[str, ...]
    mailboxes: int
    messages: int
    quota_used: int | None = None
    quota_limit: int | None = None


@dataclass(frozen=True, slots=True)
class SmtpFacts:
    """What was found after signing in; `largest_octets` is None where the server does not say."""

    extensions: tuple[str, ...]
    largest_octets: int | None = None


def imap(endpoint: Endpoint, key: Key, trust: Trust, timeout_s: float = TIMEOUT_S) -> ImapFacts:
    """Sign in, look, sign out. Raises Trouble."""
    with told(endpoint, "imap", timeout_s):
        client = opening.imap(endpoint, trust.context(), timeout_s)
        try:
            imap_sign_in(client, endpoint, key)
            return _imap_facts(client)
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()
            with contextlib.suppress(OSError):
                client.shutdown()


def imap_sign_in(client: IMAPClient, endpoint: Endpoint, key: Key) -> None:
    """Sign in. Raises Trouble, OSError, imaplib.IMAP4.error."""
    _check_clear(client.socket(), endpoint, "imap")
    try:
        if key.is_token and client.has_capability("AUTH=OAUTHBEARER"):
            client.oauthbearer_login(key.username, key.secret)
        elif key.is_token:
            client.oauth2_login(key.username, key.secret)
        elif client.has_capability("LOGINDISABLED"):
            raise Trouble(*why("LOGINDISABLED", endpoint.host), "imap")
        elif (key.username + key.secret).isascii():
            client.login(key.username, key.secret)
        else:  # LOGIN has no way to say more than ASCII
            client.plain_login(key.username, key.secret)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise Trouble(*why(_said(error), endpoint.host), "imap") from error


def _said(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    if isinstance(first, bytes):
        return first.decode("utf-8", "replace")
    return str(first).removeprefix("b'").removesuffix("'")  # imapclient writes some bytes as Python would


def _imap_facts(client: IMAPClient) -> ImapFacts:
    names = sorted(each.decode("ascii", "replace") for each in client.capabilities())
    mailboxes = [each for each in client.list_folders() if b"\\Noselect" not in each[0]]
    inbox = client.folder_status("INBOX", ["MESSAGES"])
    used, limit = quota(client)
    return ImapFacts(
        tuple(safe_line(name) for name in names), len(mailboxes), int(inbox[b"MESSAGES"]), used, limit
    )


def quota(client: IMAPClient) -> tuple[int | None, int | None]:
    """Return what is used and what there is in KiB, None where the server does not say."""
    if not client.has_capability("QUOTA"):
        return None, None
    try:
        _, quotas = client.get_quota_root("INBOX")
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        return None, None
    for each in quotas:
        if str(each.resource).strip("b'").upper() == "STORAGE":
            return int(each.usage), int(each.limit)
    return None, None


def smtp(endpoint: Endpoint, key: Key, trust: Trust, timeout_s: float = TIMEOUT_S) -> SmtpFacts:
    """Sign in, look, sign out; nothing is sent. Raises Trouble."""
    with told(endpoint, "smtp", timeout_s):
        client = opening.smtp(endpoint, trust.context(), timeout_s)
        try:
            smtp_sign_in(client, endpoint, key)
            size = client.esmtp_features.get("size", "")
            names = tuple(safe_line(name) for name in sorted(client.esmtp_features))
            return SmtpFacts(names, int(size) if size.isdecimal() and int(size) else None)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()


def smtp_sign_in(client: smtplib.SMTP, endpoint: Endpoint, key: Key) -> None:
    """Sign in. Raises Trouble, OSError, smtplib.SMTPException."""
    _check_clear(client.sock, endpoint, "smtp")
    sign_in = with_token if key.is_token else with_password
    try:
        sign_in(client, endpoint.host, key.username, key.secret)
    except (SignInAgain, RetryLater) as error:
        raise Trouble("busy" if isinstance(error, RetryLater) else "sign_in", str(error), "smtp") from error


def _check_clear(sock: object, endpoint: Endpoint, protocol: Protocol) -> None:
    """Raise Trouble when a password would go over a network in clear."""
    if endpoint.security != "none":
        return
    if not isinstance(sock, socket.socket) or not ipaddress.ip_address(sock.getpeername()[0]).is_loopback:
        text = f"A password is never sent to {endpoint.host} in clear: use TLS or STARTTLS."
        raise Trouble("starttls", text, protocol)


@contextlib.contextmanager
def told(endpoint: Endpoint, protocol: Protocol, timeout_s: float) -> Iterator[None]:
    """Turn what can go wrong with a connection into Trouble."""
    host, port = endpoint.host, endpoint.port
    try:
        yield
    except NoStartTls as error:
        text = f"{error}: nothing was sent. Port {993 if protocol == 'imap' else 465} with TLS may do."
        raise Trouble("starttls", text, protocol) from error
    except ssl.SSLError as error:
        raise _certificate_trouble(error, endpoint, protocol, timeout_s) from error
    except socket.gaierror as error:
        raise Trouble("host", f"There is no server called {host}.", protocol) from error
    except TimeoutError as error:
        text = f"{host} did not answer on port {port} within {timeout_s:g} s."
        if endpoint.security != "tls":
            text += " A server that wants TLS from the start says nothing before it: then say --security tls."
        raise Trouble("timeout", text, protocol) from error
    except ConnectionRefusedError as error:
        raise Trouble("host", f"Nothing listens at {host}, port {port}.", protocol) from error
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise _unwelcome(error, endpoint) from error
    except (imaplib.IMAP4.error, smtplib.SMTPException) as error:
        raise _not_a_server(endpoint, protocol) from error
    except (OSError, ValueError) as error:
        raise Trouble("host", f"{host}, port {port}: {_os_words(error)}.", protocol) from error


def _not_a_server(endpoint: Endpoint, protocol: Protocol) -> Trouble:
    where = f"{endpoint.host} does not speak {protocol.upper()} on port {endpoint.port}"
    return Trouble("not_a_server", f"{where}, or stopped in the middle of it.", protocol)


def _unwelcome(error: smtplib.SMTPResponseException, endpoint: Endpoint) -> Trouble:
    if error.smtp_code < 400:  # no answer of SMTP at all
        return _not_a_server(endpoint, "smtp")
    said = (
        error.smtp_error.decode("utf-8", "replace")
        if isinstance(error.smtp_error, bytes)
        else error.smtp_error
    )
    return Trouble(*why(f"{error.smtp_code} {said}", endpoint.host), "smtp")


def _os_words(error: OSError | ValueError) -> str:
    return safe_line((isinstance(error, OSError) and error.strerror) or str(error))


def _certificate_trouble(
    error: ssl.SSLError, endpoint: Endpoint, protocol: Protocol, timeout_s: float
) -> Trouble:
    sentence = tls.reason(error, endpoint.host)
    text = f"{sentence[0].upper()}{sentence[1:]}."
    if not isinstance(error, ssl.SSLCertVerificationError | tls.PinChanged):
        return Trouble("not_a_server", f"{text} Is port {endpoint.port} right?", protocol)
    facts = None
    with contextlib.suppress(*_LOOKING):
        facts = opening.certificate(endpoint, protocol, timeout_s)
    return Trouble("certificate", text, protocol, facts)


_LOOKING: Final[tuple[type[Exception], ...]] = (
    OSError,
    ValueError,
    NoStartTls,
    imaplib.IMAP4.error,
    smtplib.SMTPException,
)
