"""From an account's settings to a session: where the server is, how it is trusted, who signs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from providers import oauth, tls
from providers.errors import SignInAgain
from providers.imap.session import Endpoint, Session, SignIn
from providers.opening import Security
from providers.protocol import Secrets

_PORTS: Final = {"tls": 993, "starttls": 143, "none": 143}
_AGAIN: Final = "Add it again with dealbox account add, or put it right in the account's settings."


def session_of(config: Mapping[str, str], secrets: Secrets) -> Session:
    """Return a session that is not connected yet. Raises SignInAgain when the settings make no sense."""
    endpoint = endpoint_of(config)
    try:
        context = tls.context(config.get("ca_file") or None, config.get("imap_pin") or None)
    except OSError as error:
        raise SignInAgain(
            f"The certificate file {config.get('ca_file')} cannot be read: {error.strerror}."
        ) from error
    except ValueError as error:
        raise SignInAgain(f"The fingerprint imap_pin is none: {error}. {_AGAIN}") from error
    return Session(endpoint, _sign_in(config, secrets), tls=context)


def endpoint_of(config: Mapping[str, str]) -> Endpoint:
    """Return where the account's IMAP server listens. Raises SignInAgain when the settings do not say it."""
    host = config.get("imap_host", "")
    security = config.get("imap_security") or "tls"
    port = config.get("imap_port") or str(_PORTS.get(security, 993))
    if not host or security not in _PORTS or not port.isdecimal():
        raise SignInAgain(f"This account does not say where its IMAP server is. {_AGAIN}")
    return Endpoint(host, int(port), cast(Security, security))


def _sign_in(config: Mapping[str, str], secrets: Secrets) -> SignIn:
    username = config.get("username", "")
    if config.get("sign_in") in ("google", "microsoft"):
        return SignIn(
            username,
            "xoauth2",
            lambda: oauth.access_token(config, secrets),
            lambda refused: oauth.access_token(config, secrets, refused=refused),
        )
    return SignIn(username, "password", lambda: _password(secrets))


def _password(secrets: Secrets) -> str:
    password = secrets.get("password")
    if password is None:
        raise SignInAgain("There is no password for this account: press g S, or run dealbox account sign-in.")
    return password
