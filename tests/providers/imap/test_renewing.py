from __future__ import annotations

import pytest
from servers.dovecot import Dovecot, User

from providers import tls
from providers.errors import SignInAgain
from providers.imap.session import Session, SignIn
from providers.opening import Endpoint


def session(dovecot: Dovecot, sign_in: SignIn) -> Session:
    context = tls.context(str(dovecot.ca_file))
    return Session(Endpoint("localhost", dovecot.ports["imaps"], "tls"), sign_in, tls=context)


def test_a_token_the_server_refuses_is_renewed_once(dovecot: Dovecot, user: User) -> None:
    """F46: a token that should be good is not."""
    refused: list[str] = []

    def renewed(token: str) -> str:
        refused.append(token)
        return dovecot.token(user)

    opened = session(dovecot, SignIn(user.address, "xoauth2", lambda: "stale", renewed))
    try:
        opened.connect()
        assert opened.is_open and refused == ["stale"]
    finally:
        opened.close()


def test_a_token_that_renewing_does_not_change_is_refused(dovecot: Dovecot, user: User) -> None:
    opened = session(dovecot, SignIn(user.address, "xoauth2", lambda: "stale", lambda token: token))
    with pytest.raises(SignInAgain):
        opened.connect()
    opened.close()
