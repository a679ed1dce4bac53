"""Browser sign-in with Microsoft: a code typed on another device, or back to this machine, or by pasting."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mail.text import safe_line
from providers import oauth
from providers.errors import SignInAgain
from providers.oauth import Client, NotSignedIn
from providers.protocol import Secrets

SCOPES: Final = [
    "https://outlook.office.com/IMAP.AccessAsUser.All",
    "https://outlook.office.com/SMTP.Send",
]
SERVER: Final = "Microsoft"
AUTHORITY: Final = "https://login.microsoftonline.com/common"
_WAITING: Final = ("authorization_pending", "slow_down")
# Conditional access stops the device code here; a browser on a managed device may pass.
_BLOCKED: Final = ("AADSTS50199", "AADSTS53003", "AADSTS530036", "AADSTS50097", "AADSTS53000", "AADSTS53001")
_CONSENT: Final = ("AADSTS65001", "AADSTS90094", "AADSTS65004")


class _Http:
    """What msal asks through: a session whose 429 and 5xx are RetryLater, as msal would take them for refusals."""

    def __init__(self) -> None:
        import requests

        self._session = requests.Session()

    def get(self, url: str, **options: Any) -> Any:
        return self._judged(self._session.get(url, timeout=oauth.HTTP_S, **options))

    def post(self, url: str, **options: Any) -> Any:
        return self._judged(self._session.post(url, timeout=oauth.HTTP_S, **options))

    def close(self) -> None:
        self._session.close()

    @staticmethod
    def _judged(response: Any) -> Any:
        if response.status_code == 429 or response.status_code >= 500:
            raise oauth.busy(SERVER, response.status_code, response.headers.get("Retry-After"))
        return response


class _Application:
    """msal's application over a token cache of ours, for as long as the block lasts."""

    def __init__(self, client: Client, kept: str = "") -> None:
        self._client = client
        self._http = _Http()
        self._kept = kept
        self.cache: Any = None

    def __enter__(self) -> Any:
        import msal  # 0.4 s

        self.cache = msal.SerializableTokenCache()
        if self._kept:
            _check_cache(self._kept)
            self.cache.deserialize(self._kept)
        with oauth.speaking_to(SERVER):
            return msal.PublicClientApplication(
                self._client.client_id,
                authority=self._client.authority or AUTHORITY,
                token_cache=self.cache,
                http_client=self._http,
                # Another authority is the user's word: it is not looked up among Microsoft's own.
                instance_discovery=False if self._client.authority else None,
            )

    def __exit__(self, *_: object) -> None:
        self._http.close()


def _check_cache(kept: str) -> None:
    """Raise SignInAgain unless the text is a cache of msal's: a table of tables."""
    try:
        cache = json.loads(kept)
    except ValueError:
        cache = None
    if not isinstance(cache, dict) or not all(isinstance(table, dict) for table in cache.values()):
        raise SignInAgain(f"Sign in with Microsoft again: {oauth.AGAIN}.")


@dataclass(slots=True)
class PendingMicrosoft:
    """A sign-in under way."""

    address: str
    state: str
    client: Client
    flow: dict[str, Any] = field(repr=False)

    def finish(self, answer: Mapping[str, str]) -> str:
        """Return the secret "token". Raises NotSignedIn, RetryLater."""
        application = _Application(self.client)
        with application as app, oauth.speaking_to(SERVER):
            result = app.acquire_token_by_auth_code_flow(self.flow, dict(answer), scopes=SCOPES)
            return _token(result, application.cache)


def begin(client: Client, username: str, port: int) -> PendingMicrosoft:
    """Begin a sign-in whose browser comes back to `port` of this machine."""
    with _Application(client) as app, warnings.catch_warnings(), oauth.speaking_to(SERVER):
        warnings.simplefilter(
            "ignore"
        )  # msal warns of every answer that is not a form; a paste cannot be one
        flow = app.initiate_auth_code_flow(
            SCOPES, redirect_uri=f"http://localhost:{port}", login_hint=username, prompt="select_account"
        )
    return PendingMicrosoft(str(flow["auth_uri"]), str(flow["state"]), client, flow)


class DeviceSignIn:
    """A sign-in by a code typed anywhere. Ask poll() every `interval_s` seconds."""

    def __init__(self, client: Client) -> None:
        """Ask for a code. Raises NotSignedIn, RetryLater."""
        self._application = _Application(client)
        with oauth.speaking_to(SERVER):
            self._app = self._application.__enter__()
            self._flow: dict[str, Any] = self._app.initiate_device_flow(SCOPES)
        if "user_code" not in self._flow:
            self.close()
            raise _refused(self._flow)
        self.address = str(self._flow["verification_uri"])
        self.code = safe_line(str(self._flow["user_code"]))

    @property
    def interval_s(self) -> int:
        """Say how long to wait before asking again; longer after slow_down."""
        self._flow["interval"] = max(int(self._flow.get("interval", 5)), 1)
        return int(self._flow["interval"])

    def poll(self) -> str | None:
        """Return the secret "token", None while nobody has typed the code. Raises NotSignedIn, RetryLater."""
        _ = self.interval_s  # at least one: msal asks without end where it is none
        self._flow.pop("latest_attempt_at", None)  # a clock set back would make it complain
        with oauth.speaking_to(SERVER):
            result = self._app.acquire_token_by_device_flow(self._flow, exit_condition=lambda _: True)
        if result.get("error") in _WAITING:
            return None
        return _token(result, self._application.cache)

    def close(self) -> None:
        """Let go of the connection."""
        self._application.__exit__()


def _token(result: Mapping[str, Any], cache: Any) -> str:
    if "access_token" not in result:
        raise _refused(result)
    return str(cache.serialize())


def _refused(result: Mapping[str, Any]) -> NotSignedIn:
    """Return why Microsoft said no, with what to do where that is known (F48)."""
    error, said = str(result.get("error", "")), safe_line(str(result.get("error_description", "")))
    codes = re.findall(r"AADSTS\d+", said)
    code = codes[0] if codes else error
    if error in ("expired_token", "code_expired") or code == "AADSTS70020":
        return NotSignedIn("The code was not typed in time: begin again.")
    if error in ("access_denied", "authorization_declined"):
        return NotSignedIn("The sign-in was declined in the browser.")
    if any(each in _BLOCKED for each in codes):
        text = (
            f"Your organization does not allow signing in by a code ({code}): sign in in a browser instead."
        )
        return NotSignedIn(text, suggests_browser=True)
    if any(each in _CONSENT for each in codes):
        return NotSignedIn(f"Your administrator has to allow this client first ({code}): {said[:200]}")
    return NotSignedIn(f"Microsoft refused the sign-in ({code}): {said[:200]}", suggests_browser=bool(codes))


def access_token(client: Client, secrets: Secrets, claims: str | None, refused: str | None) -> str:
    """Return a good access token, renewed when it is not. Raises SignInAgain, RetryLater."""
    with secrets.refreshing("token"):
        application = _Application(client, _kept(secrets))
        with application as app, oauth.speaking_to(SERVER):
            accounts = app.get_accounts()
            if not accounts:
                raise SignInAgain(f"Sign in with Microsoft again: {oauth.AGAIN}.")
            result = _silent(app, accounts[0], claims, is_forced=False)
            if refused is not None and result.get("access_token") == refused:
                result = _silent(app, accounts[0], claims, is_forced=True)
            if application.cache.has_state_changed and "access_token" in result:
                secrets.put("token", application.cache.serialize())  # before it is used: see oauth_google
    if "access_token" in result:
        return str(result["access_token"])
    said = safe_line(str(result.get("error_description") or result.get("error", "")))[:200]
    raise SignInAgain(f"Microsoft ended the sign-in ({said}): {oauth.AGAIN}.")


def _kept(secrets: Secrets) -> str:
    kept = secrets.get("token")
    if not kept:
        raise SignInAgain(f"Sign in with Microsoft: {oauth.AGAIN}.")
    return kept


def _silent(app: Any, account: Any, claims: str | None, *, is_forced: bool) -> dict[str, Any]:
    # Five minutes before its end msal renews a token by itself.
    result: dict[str, Any] | None = app.acquire_token_silent_with_error(
        SCOPES, account, force_refresh=is_forced, claims_challenge=claims
    )
    return result or {"error": "no refresh token"}
