"""Signing in to a new account: a child of whoever asks the user, spoken to in lines of JSON.

The screen may not speak to servers, so it asks here: {"do": "discover" | "test" | "oauth", ...} on standard input, one
{"event": ...} or more on standard output. Passwords and tokens pass through these two pipes, never through arguments.
While a browser sign-in is under way, {"do": "paste", "text": ...} and {"do": "cancel"} are taken too.
"""

from __future__ import annotations

import contextlib
import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import IO, Any, Final

from providers import discovery, oauth, opening, probing, tls
from providers.discovery import Servers
from providers.errors import ProviderError
from providers.oauth import Client, NotSignedIn, WrongPaste
from providers.opening import Endpoint
from providers.probing import Key, Trouble, Trust

Request = Mapping[str, Any]
Event = dict[str, Any]
_LONGEST_SIGN_IN_S: Final = 900.0
_GLANCE_S: Final = 0.2


def main(source: IO[str] | None = None, sink: IO[str] | None = None) -> int:
    """Answer requests until there are no more; return the exit status."""
    requests: queue.Queue[Request | None] = queue.Queue()
    reading = threading.Thread(target=_read, args=(source or sys.stdin, requests), daemon=True)
    reading.start()
    out = sink or sys.stdout
    while (request := requests.get()) is not None:
        for event in answers(request, requests):
            out.write(json.dumps(event) + "\n")
            out.flush()
    return 0


def _read(source: IO[str], requests: queue.Queue[Request | None]) -> None:
    for line in source:
        with contextlib.suppress(ValueError):
            request = json.loads(line)
            if isinstance(request, dict):
                requests.put(request)
    requests.put(None)


def answers(request: Request, more: queue.Queue[Request | None]) -> Iterator[Event]:
    """Yield what happens; the last event of a request ends it: servers, no_servers, tested, signed_in or trouble."""
    doings: dict[str, Callable[[], Iterator[Event]]] = {
        "discover": lambda: _discover(request),
        "test": lambda: _test(request),
        "oauth": lambda: _oauth(request, more),
    }
    doing = doings.get(str(request.get("do")))
    try:
        if doing is not None:
            yield from doing()
    except Trouble as trouble:
        yield _trouble(trouble)
    except NotSignedIn as error:
        yield {
            "event": "trouble",
            "kind": "sign_in",
            "text": str(error),
            "suggests_browser": error.suggests_browser,
        }
    except ProviderError as error:
        yield {"event": "trouble", "kind": "busy", "text": str(error)}
    except (KeyError, TypeError, ValueError) as error:
        yield {"event": "trouble", "kind": "request", "text": str(error)}


def _trouble(trouble: Trouble) -> Event:
    certificate = trouble.certificate
    return {
        "event": "trouble",
        "kind": trouble.kind,
        "protocol": trouble.protocol,
        "text": str(trouble),
        "certificate": asdict(certificate) | {"shown": tls.shown(certificate.sha256)}
        if certificate
        else None,
    }


def _discover(request: Request) -> Iterator[Event]:
    """Find the servers of "address"; what the user said ("imap", "smtp", "security", "username") comes first."""
    address = str(request["address"])
    imap, smtp = _said(request, "imap", 993), _said(request, "smtp", 465)
    try:
        found = None if imap and smtp else _found(address)
    except discovery.NoImap as error:
        yield {"event": "no_servers", "text": str(error), "is_final": True}
        return
    if imap and not smtp and found is None:  # most servers of small domains do both
        smtp = Endpoint(imap.host.replace("imap.", "smtp.", 1), 465, "tls")
    if found is None and not imap:
        domain = address.rpartition("@")[2]
        yield {"event": "no_servers", "text": f"No mail servers were found for {domain}.", "is_final": False}
        return
    if imap and smtp:
        found = found or discovery.with_sign_in(Servers(imap, smtp, address, source="you"))
    if found is not None:
        changed = replace(
            found,
            imap=imap or found.imap,
            smtp=smtp or found.smtp,
            username=str(request.get("username") or found.username),
        )
        yield {"event": "servers", "servers": asdict(changed)}


def _said(request: Request, protocol: str, port: int) -> Endpoint | None:
    text, security = request.get(protocol), request.get("security") or None
    return discovery.endpoint(str(text), port, security) if text else None


def _found(address: str) -> Servers | None:
    from providers import discovery_lookups

    return discovery_lookups.find(address)


def _test(request: Request) -> Iterator[Event]:
    """Try IMAP, then SMTP. The event "tested" has the facts and, where it was renewed meanwhile, the token."""
    lent = _Lent(str(request["secret"]), str(request.get("client_secret", "")))
    key = _key(request, lent)
    ca_file = str(request.get("ca_file") or "")
    imap = probing.imap(_endpoint(request["imap"]), key, Trust(ca_file, str(request.get("imap_pin") or "")))
    yield {"event": "half", "text": f"IMAP: {request['imap']['host']} is fine."}
    smtp = None
    if request.get("smtp"):
        smtp = probing.smtp(
            _endpoint(request["smtp"]), key, Trust(ca_file, str(request.get("smtp_pin") or ""))
        )
    yield {
        "event": "tested",
        "imap": asdict(imap),
        "smtp": asdict(smtp) if smtp else None,
        "secret": lent.token,
    }


def _key(request: Request, lent: _Lent) -> Key:
    username = str(request["username"])
    if request.get("sign_in") in ("google", "microsoft"):
        config = {
            name: str(request.get(name) or "") for name in ("sign_in", "oauth_client_id", "oauth_authority")
        }
        return Key(username, oauth.access_token(config, lent), is_token=True)
    return Key(username, lent.token)


def _endpoint(fields: Mapping[str, Any]) -> Endpoint:
    security: opening.Security = fields["security"]
    if security not in ("tls", "starttls", "none"):
        raise ValueError("security is tls, starttls or none")
    return Endpoint(str(fields["host"]), int(fields["port"]), security)


class _Lent:
    """The secrets of an account that is not kept yet, in memory."""

    def __init__(self, token: str, client_secret: str) -> None:
        self.token = token
        self._client_secret = client_secret

    def get(self, name: str) -> str | None:
        return {"token": self.token, "client_secret": self._client_secret}.get(name)

    def put(self, name: str, value: str) -> None:
        self.token = value

    @contextlib.contextmanager
    def refreshing(self, name: str) -> Iterator[None]:
        yield


def _oauth(request: Request, more: queue.Queue[Request | None]) -> Iterator[Event]:
    client = Client(
        request["sign_in"],
        str(request["oauth_client_id"]),
        str(request.get("client_secret") or ""),
        str(request.get("oauth_authority") or ""),
    )
    if client.who == "microsoft" and request.get("way") != "browser":
        yield from _device(client, more)
    else:
        yield from _browser(client, str(request.get("username", "")), more)


def _device(client: Client, more: queue.Queue[Request | None]) -> Iterator[Event]:
    from providers.oauth_microsoft import DeviceSignIn

    sign_in = DeviceSignIn(client)
    try:
        yield {"event": "code", "address": sign_in.address, "code": sign_in.code}
        token = None
        until = time.monotonic() + _LONGEST_SIGN_IN_S
        while token is None:
            if _is_cancelled(more, sign_in.interval_s) or time.monotonic() > until:
                raise NotSignedIn("The sign-in was given up.")
            token = sign_in.poll()
    finally:
        sign_in.close()
    yield {"event": "signed_in", "secret": token}


def _is_cancelled(more: queue.Queue[Request | None], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(queue.Empty):
            if _ends(more.get(timeout=left), more):
                return True
    return False


def _ends(request: Request | None, more: queue.Queue[Request | None]) -> bool:
    if request is None:
        more.put(None)  # for the loop outside, too
        return True
    return request.get("do") == "cancel"


def _browser(client: Client, username: str, more: queue.Queue[Request | None]) -> Iterator[Event]:
    listener = oauth.Listener()
    try:
        pending = oauth.begin(client, username, listener.port)
        listener.state = pending.state
        listener.start()
        yield {"event": "open", "address": pending.address, "port": listener.port}
        until = time.monotonic() + _LONGEST_SIGN_IN_S
        answer = None
        while answer is None:
            if time.monotonic() > until:
                raise NotSignedIn("Nobody came back from the browser in time: begin again.")
            try:
                answer = _answer(pending.state, listener, more)
            except WrongPaste as error:
                yield {"event": "paste_refused", "text": str(error)}
        yield {"event": "signed_in", "secret": pending.finish(answer)}
    finally:
        listener.close()


def _answer(state: str, listener: oauth.Listener, more: queue.Queue[Request | None]) -> dict[str, str] | None:
    """Return what the browser brought back by itself or by pasting, None for now. Raises WrongPaste, NotSignedIn."""
    if listener.arrived.is_set():
        return oauth.answer_in(listener.answers[0], state)
    try:
        request = more.get(timeout=_GLANCE_S)
    except queue.Empty:
        return None
    if _ends(request, more):
        raise NotSignedIn("The sign-in was given up.")
    if request is not None and request.get("do") == "paste":
        return oauth.answer_in(str(request.get("text", "")), state)
    return None
