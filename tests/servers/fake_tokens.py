"""A token endpoint as Google's and Microsoft's: codes with PKCE, device codes, refreshing, and their failures."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlencode, urlsplit

from servers.users import ALICE

CLIENT_ID = "dealbox-test-client"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Device(Enum):
    """What the person with the other screen did; the value is what polling is told."""

    PENDING = "authorization_pending"
    APPROVED = ""
    DENIED = "access_denied"
    DECLINED = "authorization_declined"  # Microsoft's word for denied
    EXPIRED = "expired_token"
    BAD_CODE = "bad_verification_code"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the token endpoint says instead of what it should: JSON, or octets as they are."""

    status: int
    body: Mapping[str, object] | bytes = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    until: threading.Event | None = None  # answered when it is set


INVALID_GRANT = Answer(
    400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
)
TOO_MANY = Answer(429, {"error": "temporarily_throttled"}, {"Retry-After": "7"})
UNAVAILABLE = Answer(503, b"<html>try later</html>", {"Content-Type": "text/html"})
BLOCKED_BY_POLICY = Answer(
    400,
    {"error": "invalid_grant", "suberror": "message_only", "error_codes": [53003],
     "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies."},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a token, or for a device code."""

    path: str
    form: dict[str, str]


class FakeTokens:
    """Sign `address` in, over https on localhost: let the client trust the authority the certificate is from.

    Google: `google_client()` is the client's JSON. Microsoft: `authority` with instance_discovery=False.
    `fail` puts answers before the next true ones; `device` is what the person has done so far; `make_token`
    may be `lambda: dovecot.token(user)`.
    """

    def __init__(
        self,
        tls: ssl.SSLContext,
        *,
        address: str = ALICE.address,
        make_token: Callable[[], str] | None = None,
    ) -> None:
        self.address = address
        self.device = Device.PENDING
        self.slow_downs = 0  # so many polls are told to slow down before `device` counts
        self.interval_s = 1  # msal polls for ever, without a pause, when it is 0
        self.expires_in_s = 3600
        self.device_expires_in_s = 900
        self.rotates = True  # a refresh hands out a new refresh token, and the old one is dead
        self.asked: list[Asked] = []
        self._make_token = make_token
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._failures: list[Answer] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh_tokens: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port: int = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}"
        self.authority = f"{self.url}/common"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> FakeTokens:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def google_client(self) -> dict[str, dict[str, object]]:
        """Return what Google lets a user download for a client of the kind "Desktop app"."""
        installed = {
            "client_id": CLIENT_ID,
            "client_secret": "not-so-secret",
            "auth_uri": f"{self.url}/authorize",
            "token_uri": f"{self.url}/token",
            "redirect_uris": ["http://localhost"],
        }
        return {"installed": installed}

    def fail(self, *answers: Answer) -> None:
        """Answer the next requests for a token with these, one each."""
        with self._lock:
            self._failures += answers

    def grants(self, kind: str) -> list[dict[str, str]]:
        """Return the requests of a kind as "refresh_token", in the order they came."""
        with self._lock:
            return [asked.form for asked in self.asked if asked.form.get("grant_type") == kind]

    def approve(self, sign_in_url: str) -> str:
        """Do what the person's browser does with a sign-in address; return the address it ends at."""
        query = _flat(urlsplit(sign_in_url).query)
        code = self._new("code")
        with self._lock:
            self._codes[code] = query
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query.get("state", "")})

    def revoke(self) -> None:
        """Forget every refresh token: the next refresh is told invalid_grant."""
        with self._lock:
            self._refresh_tokens.clear()

    def refresh_token(self) -> str:
        """Hand out a refresh token without a sign-in."""
        token = self._new("refresh")
        with self._lock:
            self._refresh_tokens.add(token)
        return token

    def answer(self, path: str, form: dict[str, str]) -> Answer:
        """Answer a POST."""
        with self._lock:
            self.asked.append(Asked(path, form))
            failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            assert failure.until is None or failure.until.wait(60), "the test never said to go on"
            return failure
        if path.endswith("/devicecode"):
            return Answer(200, self._device_code())
        match form.get("grant_type"):
            case "authorization_code":
                return self._redeem(form)
            case "refresh_token":
                return self._refresh(form)
            case grant if grant in {_DEVICE_GRANT, "device_code"}:
                return self._poll()
        return Answer(400, {"error": "unsupported_grant_type"})

    def discovery(self) -> dict[str, object]:
        """Return the OpenID configuration of `authority`."""
        base = f"{self.authority}/oauth2/v2.0"
        return {
            "issuer": f"{self.authority}/v2.0",
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/devicecode",
        }

    def _device_code(self) -> dict[str, object]:
        page = f"{self.url}/device"
        return {
            "device_code": self._new("device"),
            "user_code": "ABCD-EFGH",
            "verification_uri": page,
            "expires_in": self.device_expires_in_s,
            "interval": self.interval_s,
            "message": f"Open {page} and enter the code ABCD-EFGH.",
        }

    def _poll(self) -> Answer:
        with self._lock:
            is_too_fast = self.slow_downs > 0
            self.slow_downs -= is_too_fast
        if is_too_fast:
            return Answer(400, {"error": "slow_down"})
        if self.device is not Device.APPROVED:
            return Answer(400, {"error": self.device.value, "error_description": self.device.name})
        return Answer(200, self._tokens({}))

    def _redeem(self, form: dict[str, str]) -> Answer:
        with self._lock:
            query = self._codes.pop(form.get("code", ""), None)
        if query is None:
            return INVALID_GRANT
        if "code_challenge" in query and _challenge(form.get("code_verifier", "")) != query["code_challenge"]:
            return Answer(400, {"error": "invalid_grant", "error_description": "PKCE verification failed."})
        return Answer(200, self._tokens(query))

    def _refresh(self, form: dict[str, str]) -> Answer:
        with self._lock:
            if form.get("refresh_token") not in self._refresh_tokens:
                return INVALID_GRANT
            if self.rotates:
                self._refresh_tokens.discard(form["refresh_token"])
        return Answer(200, self._tokens(form))

    def _tokens(self, asked: Mapping[str, str]) -> dict[str, object]:
        claims = {
            "iss": f"{self.authority}/v2.0",
            "aud": CLIENT_ID,
            "sub": self.address,
            "oid": "object-1",
            "tid": "tenant-1",
            "email": self.address,
            "preferred_username": self.address,
            "iat": int(time.time()),
            "exp": int(time.time()) + self.expires_in_s,
        }
        if "nonce" in asked:
            claims["nonce"] = asked["nonce"]
        return {
            "access_token": self._make_token() if self._make_token else self._new("access"),
            "refresh_token": self.refresh_token(),
            "expires_in": self.expires_in_s,
            "token_type": "Bearer",
            "scope": asked.get("scope", "openid profile offline_access"),
            "id_token": f"{_base64({'alg': 'none'})}.{_base64(claims)}.",
            "client_info": _base64({"uid": "object-1", "utid": "tenant-1"}),
        }

    def _new(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"


def _handler(tokens: FakeTokens) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0].endswith("/authorize"):
                self._reply(Answer(302, b"", {"Location": tokens.approve(self.path)}))
            elif "openid-configuration" in self.path:
                self._reply(Answer(200, tokens.discovery()))
            else:
                self._reply(Answer(404))

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._reply(tokens.answer(self.path, _flat(form)))

        def _reply(self, answer: Answer) -> None:
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **answer.headers}
            self.send_response(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the output of the tests clean."""

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _base64(facts: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(facts).encode()).rstrip(b"=").decode()
