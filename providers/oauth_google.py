"""Browser sign-in with Google: PKCE, back to this machine or by pasting, as its device flow has no mail."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mail.text import safe_line
from providers import oauth
from providers.errors import SignInAgain
from providers.oauth import Client, NotSignedIn
from providers.protocol import Secrets

SCOPE: Final = "https://mail.google.com/"
SERVER: Final = "Google"
_AUTH: Final = "https://accounts.google.com/o/oauth2/v2/auth"
_TOKEN: Final = "https://oauth2.googleapis.com/token"


def _endpoints(client: Client) -> tuple[str, str]:
    base = client.authority.rstrip("/")
    return (f"{base}/authorize", f"{base}/token") if base else (_AUTH, _TOKEN)


@dataclass(slots=True)
class PendingGoogle:
    """A sign-in under way; the flow keeps the verifier of PKCE."""

    address: str
    state: str
    flow: Any = field(repr=False)

    def finish(self, answer: Mapping[str, str]) -> str:
        """Return the secret "token". Raises NotSignedIn, RetryLater."""
        granted: Mapping[str, Any]
        with oauth.speaking_to(SERVER):
            try:
                granted = self.flow.fetch_token(code=answer["code"], timeout=oauth.HTTP_S)
            except Warning as changed:  # oauthlib's way to say that other scopes were granted than asked for
                granted = getattr(changed, "token", {})
            finally:
                self.flow.oauth2session.close()
        if SCOPE not in _scopes(granted):
            raise NotSignedIn("Google granted no access to mail: sign in again and allow it.")
        if not granted.get("refresh_token"):
            raise NotSignedIn(
                "Google gave no lasting sign-in: remove dealbox from your account's apps and retry."
            )
        return _token(granted, "")


def _scopes(granted: Mapping[str, Any]) -> Sequence[str]:
    scopes = granted.get("scope", SCOPE)
    return scopes.split() if isinstance(scopes, str) else list(scopes)


def begin(client: Client, username: str, port: int) -> PendingGoogle:
    """Begin a sign-in whose browser comes back to `port` of this machine."""
    from google_auth_oauthlib.flow import InstalledAppFlow  # half a second, and needed once for an account

    auth, token = _endpoints(client)
    flow = InstalledAppFlow.from_client_config(
        {
            "installed": {
                "client_id": client.client_id,
                "client_secret": client.client_secret,
                "auth_uri": auth,
                "token_uri": token,
            }
        },
        scopes=[SCOPE],
        redirect_uri=f"http://127.0.0.1:{port}/",
        autogenerate_code_verifier=True,
    )
    flow.oauth2session.register_compliance_hook("access_token_response", _judged)
    address, state = flow.authorization_url(login_hint=username, prompt="consent")
    return PendingGoogle(address, state, flow)


def _judged(response: Any) -> Any:
    """Let only a token through to oauthlib. Raises NotSignedIn, RetryLater."""
    answer = _answer(response)
    if "access_token" not in answer:
        raise NotSignedIn(oauth.refusal(str(answer.get("error")), str(answer.get("error_description", ""))))
    return response


def _answer(response: Any) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises RetryLater, also for a page of somebody on the way (F56)."""
    if response.status_code == 429 or response.status_code >= 500:
        raise oauth.busy(SERVER, response.status_code, response.headers.get("Retry-After"))
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise oauth.busy(SERVER, response.status_code, None)
    return answer


def _token(granted: Mapping[str, Any], refresh_token: str) -> str:
    return json.dumps(
        {
            "access_token": str(granted["access_token"]),
            "refresh_token": str(granted.get("refresh_token") or refresh_token),
            "expires_at": int(time.time()) + int(granted.get("expires_in", 3600)),
        }
    )


def access_token(client: Client, secrets: Secrets, refused: str | None) -> str:
    """Return a good access token, renewed when it is not. Raises SignInAgain, RetryLater."""
    token = _good(secrets, refused)
    if token is not None:
        return token
    with secrets.refreshing("token"):
        token = _good(secrets, refused)  # another process may have renewed it meanwhile
        if token is not None:
            return token
        renewed = _renewed(client, _kept(secrets)["refresh_token"])
        secrets.put("token", renewed)  # kept before it is used: the one before may be worth nothing now
        return str(json.loads(renewed)["access_token"])


def _kept(secrets: Secrets) -> dict[str, Any]:
    try:
        kept = json.loads(secrets.get("token") or "")
        return {
            "access_token": str(kept["access_token"]),
            "refresh_token": str(kept["refresh_token"]),
            "expires_at": int(kept["expires_at"]),
        }
    except (ValueError, KeyError, TypeError):
        raise SignInAgain(f"Sign in with Google again: {oauth.AGAIN}.") from None


def _good(secrets: Secrets, refused: str | None) -> str | None:
    kept = _kept(secrets)
    is_good = kept["access_token"] != refused and kept["expires_at"] - oauth.EARLY_S > time.time()
    return kept["access_token"] if is_good else None


def _renewed(client: Client, refresh_token: str) -> str:
    import requests

    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    with oauth.speaking_to(SERVER):
        response = requests.post(_endpoints(client)[1], data=form, timeout=oauth.HTTP_S)
    answer = _answer(response)
    if "access_token" in answer:
        return _token(answer, refresh_token)
    said = safe_line(str(answer.get("error_description") or answer.get("error", "")))[:200]
    raise SignInAgain(f"Google ended the sign-in ({said}): {oauth.AGAIN}.")
