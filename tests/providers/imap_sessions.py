"""Sessions with servers of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from servers.dovecot import Dovecot, User
from servers.scripted_imap import Act, Expect, ScriptedImap, Send, signed_in

from providers.imap.session import Endpoint, Session, SignIn


@contextmanager
def at_dovecot(dovecot: Dovecot, user: User, **settings: Any) -> Iterator[Session]:
    """Sign `user` in over TLS."""
    session = Session(
        Endpoint("localhost", dovecot.ports["imaps"], "tls"),
        SignIn(user.address, "password", lambda: user.password),
        tls=dovecot.authority.client_context(),
        **settings,
    )
    try:
        session.connect()
        yield session
    finally:
        session.close()


@contextmanager
def at_script(*acts: Act, capability: bytes = b"IMAP4rev1", **settings: Any) -> Iterator[Session]:
    """Sign in at a server that goes on with `acts`."""
    with (
        ScriptedImap((*signed_in(capability), *acts)) as server,
        not_signed_in(server, **settings) as session,
    ):
        session.connect()
        yield session


@contextmanager
def not_signed_in(server: ScriptedImap, **settings: Any) -> Iterator[Session]:
    """Return a session that has not connected yet; `security` and `sign_in` as settings."""
    security = settings.pop("security", "none")
    sign_in = settings.pop("sign_in", SignIn("alice", "password", lambda: "correct-horse"))
    settings.setdefault("read_s", 20.0)
    session = Session(Endpoint("localhost", server.port, security), sign_in, **settings)
    try:
        yield session
    finally:
        session.close()


def selected(*told: bytes, uidvalidity: int = 1) -> tuple[Act, Act]:
    """Answer a SELECT."""
    lines = b"".join(line + b"\r\n" for line in told)
    epoch = b"* OK [UIDVALIDITY %d] epoch\r\n" % uidvalidity if uidvalidity else b""
    return Expect(b"(SELECT|EXAMINE) "), Send(lines + epoch + b"{tag} OK [READ-WRITE] done\r\n")
