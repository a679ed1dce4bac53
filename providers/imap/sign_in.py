"""Opening a connection with imapclient and signing in: few round trips, and nothing secret in clear."""

from __future__ import annotations

import base64
import imaplib
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from imapclient import IMAPClient, SocketTimeout

from mail.text import safe_line
from providers.errors import RetryLater, SignInAgain
from providers.imap import conversation
from providers.imap.arguments import string
from providers.imap.conversation import Clocks, Conversation, capabilities_of
from providers.imap.refusals import Completion, refusal
from providers.imap.wire import Wire, open_socket
from providers.opening import Endpoint

_BARE_STATUS: Final = (b" OK", b" NO", b" BAD")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in and how; `secret` is asked for each time, and gives a password or a fresh token.

    `renewed` is given a token the server refused although it should be good, and gives another one.
    """

    username: str
    kind: Literal["password", "xoauth2", "oauthbearer"]
    secret: Callable[[], str] = field(repr=False)
    renewed: Callable[[str], str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, and for each next piece of an answer."""

    connect_s: float
    read_s: float


class _Imap4(imaplib.IMAP4):
    """imaplib over a Wire, which bounds what it reads and keeps what it has not read for what comes after it."""

    wire: Wire

    def __init__(
        self, host: str, port: int, security: str, context: ssl.SSLContext, timeout: SocketTimeout
    ) -> None:
        self._security = security
        self._context = context
        self._timeout = timeout
        super().__init__(host, port, timeout.connect)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect, in TLS where that comes first."""
        self.host, self.port = host, port
        sock = open_socket(host, port, timeout or self._timeout.connect)
        self.wire = Wire(sock, host, self._timeout.connect)
        if self._security == "tls":
            self.wire.start_tls(self._context)
        self.wire.limit_waiting(self._timeout.read)

    @property
    def sock(self) -> socket.socket:  # type: ignore[override] # imaplib only reads it
        """Return the socket of the wire."""
        return self.wire.raw()

    def readline(self) -> bytes:
        """Read one line; imaplib takes no status without a text."""
        line = self.wire.line()
        return line + (b" \r\n" if line.endswith(_BARE_STATUS) else b"\r\n")

    def read(self, size: int) -> bytes:
        """Read a literal."""
        if size > conversation.ANSWER_OCTETS:
            raise self.wire.lost("sent too much")
        return self.wire.exactly(size)

    def send(self, data: Any) -> None:
        """Send octets."""
        self.wire.send(bytes(data))

    def shutdown(self) -> None:
        """Drop the connection."""
        self.wire.close()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """Go on in TLS; what the server offered before was said in clear and does not count."""
        status, told = self._simple_command("STARTTLS")
        if status == "OK":
            self.wire.start_tls(ssl_context or self._context)
            self.untagged_responses: dict[str, Any] = {}
            self._get_capabilities()
        return status, told

    def _get_capabilities(self) -> None:
        """Take what the greeting offered; ask only when it offered nothing."""
        if "CAPABILITY" not in self.untagged_responses:
            super()._get_capabilities()  # type: ignore[misc] # typeshed leaves it out
        else:
            self.capabilities = tuple(sorted(capabilities_of(self.untagged_responses["CAPABILITY"][-1])))


class _Client(IMAPClient):  # type: ignore[misc] # it ships no types
    """imapclient over a Wire."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, timeout: SocketTimeout) -> None:
        self._security = endpoint.security
        self._context = context
        super().__init__(endpoint.host, endpoint.port, ssl=endpoint.security == "tls", timeout=timeout)

    def _create_IMAP4(self) -> _Imap4:  # noqa: N802 # imapclient calls it
        return _Imap4(self.host, self.port, self._security, self._context, self._timeout)


def open_conversation(
    endpoint: Endpoint, sign_in: SignIn, context: ssl.SSLContext, timeouts: Timeouts, clocks: Clocks
) -> Conversation:
    """Return a conversation that is signed in. Raises RetryLater, SignInAgain."""
    client = _connected(endpoint, context, SocketTimeout(timeouts.connect_s, timeouts.read_s))
    inner: _Imap4 = client._imap
    try:
        _secure(client, inner, endpoint, context)
        speaking = Conversation(inner.wire, clocks)
        speaking.capabilities = frozenset(inner.capabilities)
        if inner.state != "AUTH":
            _sign_in(speaking, sign_in)
        return speaking
    except BaseException:
        inner.wire.close()
        raise


def _connected(endpoint: Endpoint, context: ssl.SSLContext, timeout: SocketTimeout) -> _Client:
    try:
        return _Client(endpoint, context, timeout)
    except imaplib.IMAP4.error as error:
        greeting = error.args[0] if error.args else b""
        if isinstance(greeting, bytes) and greeting.upper().startswith(b"* BYE"):
            raise refusal(Completion.parse(greeting[2:])) from error
        raise RetryLater(
            f"What answers at {endpoint.host} on port {endpoint.port} does not speak IMAP."
        ) from error


def _secure(client: _Client, inner: _Imap4, endpoint: Endpoint, context: ssl.SSLContext) -> None:
    """Go on in TLS where that is wanted, and make sure that no secret is said in clear."""
    if endpoint.security == "none" and not inner.wire.is_loopback:
        raise SignInAgain(f"A password is never sent to {endpoint.host} in clear: use TLS or STARTTLS.")
    if endpoint.security != "starttls":
        return
    if inner.state == "AUTH" or not client.has_capability("STARTTLS"):
        raise SignInAgain(
            f"{endpoint.host} does not offer STARTTLS on port {endpoint.port}, or somebody on the way hides it. "
            "Nothing was said in clear."
        )
    try:
        client.starttls(context)
    except imaplib.IMAP4.abort as error:
        raise inner.wire.lost("was lost") from error
    except imaplib.IMAP4.error as error:
        raise SignInAgain(
            f"{endpoint.host} offers STARTTLS and refuses it. Nothing was said in clear."
        ) from error


def _sign_in(speaking: Conversation, sign_in: SignIn) -> None:
    secret = sign_in.secret()
    try:
        _say_secret(speaking, sign_in, secret)
    except SignInAgain:
        if sign_in.renewed is None or (renewed := sign_in.renewed(secret)) == secret:
            raise
        _say_secret(speaking, sign_in, renewed)


def _say_secret(speaking: Conversation, sign_in: SignIn, secret: str) -> None:
    offered = speaking.capabilities
    mechanism = _mechanism(offered, sign_in.kind, speaking.wire.host)
    response = (
        base64.b64encode(_response(mechanism, sign_in.username, secret)) if mechanism != "LOGIN" else b""
    )
    hidden = (secret, response.decode("ascii"))
    speaking.refuse = lambda said: refusal(said, secrets=hidden, is_signing_in=True)
    if mechanism == "LOGIN":
        speaking.run(b"LOGIN ", string(sign_in.username.encode()), b" ", string(secret.encode()))
    else:
        _authenticate(speaking, mechanism, response)
    speaking.refuse = refusal
    if speaking.capabilities is offered:  # what it offers now may be something else (RFC 3501 §6.2.3)
        speaking.run(b"CAPABILITY")


def _mechanism(offered: frozenset[str], kind: str, host: str) -> str:
    if kind == "password":
        if "AUTH=PLAIN" in offered:
            return "PLAIN"
        if "LOGINDISABLED" not in offered:
            return "LOGIN"
        raise SignInAgain(
            f"{host} lets nobody sign in with a password here: try another kind of sign-in, or TLS."
        )
    wanted = kind.upper()
    other = {"XOAUTH2": "OAUTHBEARER", "OAUTHBEARER": "XOAUTH2"}[wanted]
    if f"AUTH={wanted}" not in offered and f"AUTH={other}" in offered:
        return other
    if f"AUTH={wanted}" not in offered and any(word.startswith("AUTH=") for word in offered):
        raise SignInAgain(f"{host} does not let anybody sign in with a token: use a password.")
    return wanted


def _response(mechanism: str, username: str, secret: str) -> bytes:
    match mechanism:
        case "PLAIN":
            return b"\0" + username.encode() + b"\0" + secret.encode()
        case "XOAUTH2":
            return f"user={username}\1auth=Bearer {secret}\1\1".encode()
        case _:
            identity = username.replace("=", "=3D").replace(",", "=2C")
            return f"n,a={identity},\1auth=Bearer {secret}\1\1".encode()


def _authenticate(speaking: Conversation, mechanism: str, response: bytes) -> None:
    """Carry out one exchange (RFC 4959 saves a round trip); a second question is what was wrong with a token."""
    name = mechanism.encode("ascii")
    if "SASL-IR" in speaking.capabilities:
        tag = speaking.send(b"AUTHENTICATE " + name + b" " + response)
    else:
        tag = speaking.send(b"AUTHENTICATE " + name)
        if speaking.await_plus(tag) is None:
            return
        speaking.wire.send(response + b"\r\n")
    question = speaking.await_plus(tag)
    if question is None:
        return
    speaking.wire.send(b"AQ==\r\n" if mechanism == "OAUTHBEARER" else b"\r\n")
    try:
        ended = speaking.await_plus(tag) is None
    except SignInAgain as error:
        raise SignInAgain(f"{str(error).rstrip('.')} ({_problem(question)}).") from error
    if not ended:
        raise speaking.wire.lost("asks questions about the sign-in that have no answer")


def _problem(question: str) -> str:
    """Return what a server's JSON says about a token (RFC 7628 §3.2.2), in a word."""
    try:
        told = json.loads(base64.b64decode(question, validate=True))
        status = str(told.get("status", ""))[:40]
    except (ValueError, AttributeError):
        status = ""
    return safe_line(status) or "the token was not accepted"
