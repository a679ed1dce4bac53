"""Signing in through a browser (RFC 6749, 7636, 8252, 8628): what Google and Microsoft have in common.

A client id is the user's own, and with Google its secret too: none of ours is shipped. The secret "token" holds all that
is needed to ask for the next access token; it never leaves the account's secrets.
"""

from __future__ import annotations

import contextlib
import hmac
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from mail.text import safe_line
from providers.errors import RetryLater, SignInAgain
from providers.protocol import Secrets

Who = Literal["google", "microsoft"]
HTTP_S: Final = 30.0
EARLY_S: Final = 300
"""A token is renewed so long before its end: no command should meet the end of it."""
AGAIN: Final = "press g S, or run dealbox account sign-in"
_LONGEST_PASTE: Final = 16_384


@dataclass(frozen=True, slots=True)
class Client:
    """The user's own registration with Google or Microsoft. `authority` is where it is when not at the usual place."""

    who: Who
    client_id: str
    client_secret: str = field(default="", repr=False)
    authority: str = ""


class WrongPaste(Exception):
    """What was pasted is not the address we wait for; the same sign-in can go on with another one."""


class NotSignedIn(Exception):
    """The sign-in ended without a token. `suggests_browser` says that another way may work where this one is closed."""

    def __init__(self, text: str, *, suggests_browser: bool = False) -> None:
        super().__init__(text)
        self.suggests_browser = suggests_browser


class Pending(Protocol):
    """A sign-in somebody is about to make in a browser."""

    address: str
    state: str

    def finish(self, answer: Mapping[str, str]) -> str:
        """Return the secret "token". Raises NotSignedIn, RetryLater."""


def answer_in(pasted: str, state: str) -> dict[str, str]:
    """Return the parameters of the address the browser ended at. Raises WrongPaste, NotSignedIn."""
    text = "".join(pasted[:_LONGEST_PASTE].split()).strip("<>\"'")  # terminals wrap long lines
    query = urlsplit(text).query if "?" in text else text
    try:
        found = {name: values[0] for name, values in parse_qs(query, max_num_fields=50).items()}
    except ValueError:
        found = {}
    if not ("code" in found or "error" in found):
        raise WrongPaste("That is not the last address: it begins with http://127.0.0.1 or http://localhost.")
    if not hmac.compare_digest(found.get("state", "").encode(), state.encode()):
        raise WrongPaste(
            "That address is of another sign-in: open the newest address, and paste where it ends."
        )
    if "error" in found:
        raise NotSignedIn(refusal(found.get("error", ""), found.get("error_description", "")))
    return found


def refusal(error: str, description: str) -> str:
    """Return in words why a browser sign-in was refused."""
    said = safe_line(description or error)[:300]
    if error == "access_denied":
        return f"The sign-in was declined in the browser: {said}"
    return f"The sign-in was refused: {said}"


class Listener:
    """Waits on this machine for the browser to come back. `ssh -L PORT:127.0.0.1:PORT` brings it here from elsewhere."""

    def __init__(self, state: str = "") -> None:
        self.state = state
        self.answers: list[str] = []
        self.arrived = threading.Event()
        listener = self

        class Handler(_Handler):
            owner = listener

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


_DONE: Final = b"<!doctype html><title>dealbox</title><p>You are back: this page can be closed."


class _Handler(BaseHTTPRequestHandler):
    owner: Listener
    timeout = 10

    def do_GET(self) -> None:
        """Take the answer when it is of this sign-in; anybody on this machine can send others."""
        is_ours = True
        try:
            answer_in(self.path, self.owner.state)
        except NotSignedIn:
            pass  # a "no" is an answer too
        except WrongPaste:
            is_ours = False
        self.send_response(200 if is_ours else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_DONE) if is_ours else 0))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if is_ours:
            self.wfile.write(_DONE)
            self.owner.answers.append(self.path)
            self.owner.arrived.set()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the path has the code in it."""


def access_token(
    config: Mapping[str, str], secrets: Secrets, claims: str | None = None, refused: str | None = None
) -> str:
    """Return an access token that is good for some minutes, renewed by one process at a time when it has to be.

    `refused` is a token the server did not take although it should be good; `claims` is what it asked for with a 401.
    Raises SignInAgain, RetryLater.
    """
    client = client_of(config, secrets)
    if client.who == "google":
        from providers import oauth_google

        return oauth_google.access_token(client, secrets, refused)
    from providers import oauth_microsoft

    return oauth_microsoft.access_token(client, secrets, claims, refused)


def client_of(config: Mapping[str, str], secrets: Secrets) -> Client:
    """Return the registration an account signs in with. Raises SignInAgain."""
    who, client_id = config.get("sign_in"), config.get("oauth_client_id", "")
    if who == "google" and client_id:
        secret = secrets.get("client_secret") or ""
        return Client("google", client_id, secret, config.get("oauth_authority", ""))
    if who == "microsoft" and client_id:
        return Client("microsoft", client_id, "", config.get("oauth_authority", ""))
    raise SignInAgain("This account does not say how it signs in: run dealbox account sign-in.")


def begin(client: Client, username: str, port: int) -> Pending:
    """Begin a sign-in whose browser comes back to `port` of this machine. Raises NotSignedIn, RetryLater."""
    if client.who == "google":
        from providers import oauth_google

        return oauth_google.begin(client, username, port)
    from providers import oauth_microsoft

    return oauth_microsoft.begin(client, username, port)


@contextlib.contextmanager
def speaking_to(server: str) -> Iterator[None]:
    """Turn what the network does into RetryLater: an endpoint that cannot be reached says nothing about a password."""
    import requests

    try:
        yield
    except (requests.RequestException, OSError) as error:
        raise RetryLater(f"{server} cannot be reached to renew the sign-in.") from error


def busy(server: str, status: int, retry_after: str | None) -> RetryLater:
    """Return what 429 and 5xx of a token endpoint mean: later, and nothing is wrong with the password (F47)."""
    after_s = float(retry_after) if retry_after and retry_after.isdecimal() else None
    return RetryLater(f"{server} is busy (status {status}); the sign-in is renewed later.", after_s)
