"""Handing a message to a submission server (RFC 6409), so that afterwards it is known whether it was taken."""

from __future__ import annotations

import contextlib
import re
import select
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from mail.text import safe_line
from providers import opening, tls
from providers.errors import OutcomeUnknown, Rejected, RetryLater, SignInAgain
from providers.opening import Endpoint, NoStartTls, Security
from providers.protocol import Secrets
from providers.smtp_sign_in import TokenRefused, with_password, with_token

COMMAND_S: Final = 60.0
ANSWER_S: Final = 600.0
"""How long the final dot is waited for (RFC 5321 §4.5.3.2.6): whoever waits less does not know what became of it."""
_FAREWELL_S: Final = 5.0
_CHUNK_OCTETS: Final = 1 << 16
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BARE: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_DOT: Final = re.compile(rb"(?m)^\.")
_SHOWN: Final = 300
_TOKENS: Final = ("google", "microsoft")
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of each recipient, with the server's words. Those `postponed` are to be asked for again later."""

    taken: tuple[str, ...]
    refused: Mapping[str, str]
    postponed: Mapping[str, str]


class Submitter:
    """Sends for one account; every message has a connection of its own. Blocking; owned by one thread."""

    def __init__(
        self,
        config: Mapping[str, str],
        secrets: Secrets,
        *,
        command_s: float = COMMAND_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._config = config
        self._secrets = secrets
        self._command_s = command_s
        self._answer_s = answer_s

    def submit(self, sender: str, recipients: Sequence[str], message: bytes) -> Submitted:
        """Send a message; once this returns, those `taken` have it.

        Raises Rejected, RetryLater and SignInAgain when nobody has got it, OutcomeUnknown when the answer to the final
        dot was lost.
        """
        endpoint = _endpoint(self._config)
        with _told(endpoint), contextlib.closing(_Line(self._signed_in(endpoint), endpoint)) as line:
            line.begin(sender, message)
            refused, postponed = line.name(recipients)
            taken = tuple(one for one in recipients if one not in refused and one not in postponed)
            if taken:
                line.send(message, self._answer_s)
            return Submitted(taken, refused, postponed)

    def _signed_in(self, endpoint: Endpoint) -> smtplib.SMTP:
        sign_in, username = self._config.get("sign_in", "password"), self._config.get("username", "")
        if sign_in == "none":
            return self._open(endpoint)
        if sign_in not in _TOKENS:
            password = self._secrets.get("password")
            if password is None:
                raise SignInAgain("No password is kept for this account: run dealbox account sign-in.")
            with _closed_unless_done(self._open(endpoint)) as client:
                with_password(client, endpoint.host, username, password)
            return client
        return self._signed_in_by_token(endpoint, username)

    def _signed_in_by_token(self, endpoint: Endpoint, username: str) -> smtplib.SMTP:
        from providers.oauth import access_token

        token = access_token(self._config, self._secrets)
        try:
            with _closed_unless_done(self._open(endpoint)) as client:
                with_token(client, endpoint.host, username, token)
        except TokenRefused:
            renewed = access_token(self._config, self._secrets, refused=token)
            if renewed == token:
                raise
            with _closed_unless_done(self._open(endpoint)) as client:
                with_token(client, endpoint.host, username, renewed)
        return client

    def _open(self, endpoint: Endpoint) -> smtplib.SMTP:
        if endpoint.security == "none":  # reading the system's authorities takes a tenth of a second
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        else:
            context = tls.context(self._config.get("ca_file"), self._config.get("smtp_pin"))
        client = opening.smtp(endpoint, context, self._command_s)
        if client.sock is not None:
            # Else the final dot, sent by itself, waits 40 ms for what was sent before it to be acknowledged.
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client


def _endpoint(config: Mapping[str, str]) -> Endpoint:
    host, port = config.get("smtp_host", ""), config.get("smtp_port", "465")
    securities: dict[str, Security] = {"tls": "tls", "starttls": "starttls", "none": "none"}
    security = securities.get(config.get("smtp_security", "tls"))
    if not host or not port.isdecimal() or security is None:
        raise SignInAgain(
            "This account does not say how it sends: remove it and add it again with --smtp HOST:PORT."
        )
    return Endpoint(host, int(port), security)


@contextlib.contextmanager
def _closed_unless_done(client: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    try:
        yield client
    except BaseException:
        client.close()
        raise


class _Line:
    """A connection that is signed in, for one message."""

    def __init__(self, client: smtplib.SMTP, endpoint: Endpoint) -> None:
        self._client = client
        self._host = endpoint.host

    def begin(self, sender: str, message: bytes) -> None:
        """Say who writes, and what the server must be able to carry."""
        options = self._options(message)
        if not sender.isascii():
            options.append(self._needed("smtputf8", "SMTPUTF8", "addresses with letters outside ASCII"))
        self._client.command_encoding = "utf-8"
        self._expect(self._client.docmd("MAIL", " ".join([f"FROM:<{sender}>", *options])), 250)

    def _options(self, message: bytes) -> list[str]:
        options = []
        largest = self._client.esmtp_features.get("size", "0") or "0"
        if largest.isdecimal() and 0 < int(largest) < len(message):
            raise Rejected(
                f"{self._host} takes messages of up to {int(largest) / _MEGABYTE:.1f} MB; "
                f"this one has {len(message) / _MEGABYTE:.1f} MB."
            )
        if self._client.has_extn("size"):
            options.append(f"SIZE={len(message)}")
        if not message.isascii():
            options.append("BODY=" + self._needed("8bitmime", "8BITMIME", "messages that are not ASCII"))
        return options

    def _needed(self, extension: str, word: str, what: str) -> str:
        if not self._client.has_extn(extension):
            raise Rejected(f"{self._host} cannot carry {what}.")
        return word

    def name(self, recipients: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Say who is to get it; return who is refused for good, and who for now, with the server's words."""
        refused: dict[str, str] = {}
        postponed: dict[str, str] = {}
        for recipient in recipients:
            if not recipient.isascii() and not self._client.has_extn("smtputf8"):
                refused[recipient] = f"{self._host} cannot carry addresses with letters outside ASCII."
                continue
            code, said = self._client.docmd("RCPT", f"TO:<{recipient}>")
            if code == 421:
                raise RetryLater(_words(code, said))
            if code not in (250, 251, 252):
                (postponed if 400 <= code < 500 else refused)[recipient] = _words(code, said)
        return refused, postponed

    def send(self, message: bytes, answer_s: float) -> None:
        """Send the message; everything up to the final dot may fail without the server having it."""
        self._expect(self._client.docmd("DATA"), 354)
        octets = _DOT.sub(b"..", _with_line_ends(message))
        try:
            for start in range(0, len(octets), _CHUNK_OCTETS):
                self._socket.sendall(octets[start : start + _CHUNK_OCTETS])
        except OSError as error:
            self._say_why(error)
        if self._has_spoken():
            self._say_why(None)  # an answer nobody asked for yet, or the end
        self._finish(answer_s)

    def _has_spoken(self) -> bool:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    @property
    def _socket(self) -> socket.socket:
        if self._client.sock is None:
            raise smtplib.SMTPServerDisconnected("closed")
        return self._client.sock

    def _say_why(self, error: OSError | None) -> NoReturn:
        """Tell what the server said as it hung up in the middle of the message, if it said anything."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._socket.settimeout(_FAREWELL_S)
            self._expect(self._client.getreply(), 250)
        raise RetryLater(f"The connection to {self._host} broke before the message was sent.") from error

    def _finish(self, answer_s: float) -> None:
        """Send the final dot: from its first octet on, only the server's answer says what became of the message."""
        lost = f"{self._host} was told to send the message and its answer was lost: it may have been sent."
        try:
            self._socket.settimeout(answer_s)
            self._socket.sendall(b".\r\n")
            code, said = self._client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise OutcomeUnknown(lost) from error
        if not 200 <= code < 300 and not 400 <= code < 600:
            raise OutcomeUnknown(lost)
        self._expect((code, said), code if code < 300 else 250)

    def _expect(self, answer: tuple[int, bytes], wanted: int) -> None:
        code, said = answer
        if code == wanted:
            return
        words = _words(code, said)
        if code in (530, 534, 535):
            raise SignInAgain(words)
        if 500 <= code < 600:
            raise Rejected(words)
        raise RetryLater(words)

    def close(self) -> None:
        """Take leave; what goes wrong with that no longer matters."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self._client.sock is not None:
                self._client.sock.settimeout(_FAREWELL_S)
                self._client.quit()
        self._client.close()


def _with_line_ends(message: bytes) -> bytes:
    # A bare line end before a dot could be taken for the end of the message by one server and not by the next.
    if _BARE.search(message):
        message = _LINE_END.sub(b"\r\n", message)
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def _words(code: int, said: bytes) -> str:
    return f"The server said: {code} {safe_line(said.decode('utf-8', 'replace'))[:_SHOWN]}".strip()


@contextlib.contextmanager
def _told(endpoint: Endpoint) -> Iterator[None]:
    """Turn what the network and smtplib raise, before the final dot, into what the caller does next."""
    host = endpoint.host
    try:
        yield
    except NoStartTls as error:
        raise SignInAgain(f"{error}: nothing was sent. Port 465 with TLS may do.") from error
    except ssl.SSLCertVerificationError as error:
        raise SignInAgain(f"Nothing was sent: {tls.reason(error, host)}.") from error
    except (tls.PinChanged, tls.Injected) as error:
        raise SignInAgain(f"Nothing was sent: {tls.reason(error, host)}.") from error
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        raise RetryLater(_words(error.smtp_code, said)) from error
    except smtplib.SMTPException as error:
        raise RetryLater(f"The connection to {host} was lost.") from error
    except TimeoutError as error:
        raise RetryLater(f"{host} does not answer.") from error
    except OSError as error:
        words = safe_line(error.strerror or str(error))
        raise RetryLater(f"{host}, port {endpoint.port}, cannot be reached: {words}.") from error
    except ValueError as error:  # a fingerprint that is none
        raise SignInAgain(f"The settings of this account are wrong: {safe_line(str(error))}.") from error
