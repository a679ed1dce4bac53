from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from servers.certificates import Authority
from servers.fake_tokens import (
    BLOCKED_BY_POLICY,
    CLIENT_ID,
    INVALID_GRANT,
    TOO_MANY,
    UNAVAILABLE,
    Answer,
    Device,
    FakeTokens,
)

from providers import oauth
from providers.errors import RetryLater, SignInAgain
from providers.oauth import Client, NotSignedIn
from providers.oauth_microsoft import DeviceSignIn
from store.secret.files import PlainSecrets


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tokens(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTokens]:
    """A token endpoint that this process trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with FakeTokens(authority.good().server_context()) as server:
        yield server


def client(tokens: FakeTokens, who: oauth.Who) -> Client:
    authority = tokens.url if who == "google" else tokens.authority
    return Client(who, CLIENT_ID, "not-so-secret" if who == "google" else "", authority)


def config(tokens: FakeTokens, who: oauth.Who) -> dict[str, str]:
    made = client(tokens, who)
    return {"sign_in": who, "oauth_client_id": made.client_id, "oauth_authority": made.authority}


@pytest.fixture
def kept(tmp_path: Path) -> PlainSecrets:
    return PlainSecrets(tmp_path)


def signed_in(tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets) -> None:
    pending = oauth.begin(client(tokens, who), tokens.address, 12345)
    end = tokens.approve(pending.address)
    kept.put("token", pending.finish(oauth.answer_in(end, pending.state)))


BOTH = pytest.mark.parametrize("who", ["google", "microsoft"])


@BOTH
def test_a_sign_in_in_a_browser_gives_access(tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets) -> None:
    signed_in(tokens, who, kept)
    token = oauth.access_token(config(tokens, who), kept)
    assert token
    assert oauth.access_token(config(tokens, who), kept) == token
    assert tokens.grants("refresh_token") == []


@BOTH
def test_the_browser_is_sent_with_state_and_pkce(tokens: FakeTokens, who: oauth.Who) -> None:
    pending = oauth.begin(client(tokens, who), tokens.address, 12345)
    query = {name: values[0] for name, values in parse_qs(urlsplit(pending.address).query).items()}
    assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43
    assert query["state"] == pending.state and len(pending.state) >= 16
    assert query["login_hint"] == tokens.address
    assert query["redirect_uri"].startswith(("http://127.0.0.1:12345", "http://localhost:12345"))
    if who == "google":
        assert (query["scope"], query["access_type"]) == ("https://mail.google.com/", "offline")
    else:
        assert "https://outlook.office.com/IMAP.AccessAsUser.All" in query["scope"].split()


@BOTH
def test_a_token_is_renewed_before_it_ends(tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets) -> None:
    tokens.expires_in_s = 200
    signed_in(tokens, who, kept)
    first = oauth.access_token(config(tokens, who), kept)
    assert len(tokens.grants("refresh_token")) == 1
    tokens.expires_in_s = 3600
    second = oauth.access_token(config(tokens, who), kept)
    assert first != second
    assert oauth.access_token(config(tokens, who), kept) == second


@BOTH
def test_a_token_the_server_refused_is_renewed_once(
    tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets
) -> None:
    """F46: the token ends in the middle."""
    signed_in(tokens, who, kept)
    first = oauth.access_token(config(tokens, who), kept)
    second = oauth.access_token(config(tokens, who), kept, refused=first)
    assert second != first
    assert oauth.access_token(config(tokens, who), kept, refused=first) == second
    assert len(tokens.grants("refresh_token")) == 1


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_was_set_does_not_lose_the_sign_in(
    tokens: FakeTokens, kept: PlainSecrets, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """F44: the clock moves by a day; what looks good and is not is renewed when the server refuses it."""
    signed_in(tokens, "google", kept)
    first = oauth.access_token(config(tokens, "google"), kept)
    now = time.time()
    monkeypatch.setattr("providers.oauth_google.time.time", lambda: now + days * 86_400)
    moved = oauth.access_token(config(tokens, "google"), kept)
    assert (moved == first) is (days < 0)
    assert oauth.access_token(config(tokens, "google"), kept, refused=moved) != moved


@BOTH
def test_a_rotated_refresh_token_is_kept(tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets) -> None:
    signed_in(tokens, who, kept)
    token = oauth.access_token(config(tokens, who), kept)
    for _ in range(3):
        token = oauth.access_token(config(tokens, who), kept, refused=token)
    sent = [form["refresh_token"] for form in tokens.grants("refresh_token")]
    assert len(set(sent)) == 3


@BOTH
def test_a_revoked_sign_in_asks_for_a_new_one(tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets) -> None:
    """F47: invalid_grant; the user was removed."""
    signed_in(tokens, who, kept)
    token = oauth.access_token(config(tokens, who), kept)
    tokens.fail(INVALID_GRANT)
    with pytest.raises(SignInAgain, match="dealbox account sign-in"):
        oauth.access_token(config(tokens, who), kept, refused=token)


@BOTH
@pytest.mark.parametrize("answer", [TOO_MANY, UNAVAILABLE, Answer(500, b""), Answer(502, b"<html>")])
def test_a_busy_endpoint_is_no_wrong_password(
    tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets, answer: Answer
) -> None:
    """F47: 429 and 503 from the token endpoint."""
    tokens.expires_in_s = 200
    signed_in(tokens, who, kept)
    before = kept.get("token")
    if who == "microsoft":
        expired(kept)
    tokens.fail(*[answer] * 3)
    with pytest.raises(RetryLater) as told:
        oauth.access_token(config(tokens, who), kept)
    assert told.value.after_s == (7 if answer is TOO_MANY else None)
    if who == "google":
        assert kept.get("token") == before


def expired(kept: PlainSecrets) -> None:
    """Let the access tokens of msal's cache be over: one that is only about to end is used when it cannot be renewed."""
    cache = json.loads(kept.get("token") or "")
    for entry in cache["AccessToken"].values():
        entry["expires_on"] = entry["extended_expires_on"] = "1"
    kept.put("token", json.dumps(cache))


@BOTH
def test_an_endpoint_out_of_reach_is_asked_later(
    who: oauth.Who, tokens: FakeTokens, kept: PlainSecrets
) -> None:
    signed_in(tokens, who, kept)
    token = oauth.access_token(config(tokens, who), kept)
    gone = config(tokens, who) | {"oauth_authority": "https://localhost:1/common"}
    with pytest.raises(RetryLater, match="cannot be reached"):
        oauth.access_token(gone, kept, refused=token)


def test_a_page_of_somebody_on_the_way_is_no_answer(tokens: FakeTokens, kept: PlainSecrets) -> None:
    """F56: an HTML page with status 200."""
    signed_in(tokens, "google", kept)
    token = oauth.access_token(config(tokens, "google"), kept)
    for body in (b"<html>sign in to the hotel</html>", b'{"access_tok', b"[]"):
        tokens.fail(Answer(200, body))
        with pytest.raises(RetryLater):
            oauth.access_token(config(tokens, "google"), kept, refused=token)


@BOTH
def test_many_at_once_renew_once(tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets) -> None:
    """F47: two processes refreshing together."""
    signed_in(tokens, who, kept)
    first = oauth.access_token(config(tokens, who), kept)
    found: list[str] = []
    together = [
        threading.Thread(
            target=lambda: found.append(oauth.access_token(config(tokens, who), kept, refused=first))
        )
        for _ in range(4)
    ]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert len(tokens.grants("refresh_token")) == 1


def test_what_a_server_asks_for_is_passed_on(tokens: FakeTokens, kept: PlainSecrets) -> None:
    """F47: claims challenge."""
    signed_in(tokens, "microsoft", kept)
    challenge = '{"access_token": {"nbf": {"essential": true, "value": "1"}}}'
    oauth.access_token(config(tokens, "microsoft"), kept, claims=challenge)
    assert json.loads(tokens.grants("refresh_token")[-1]["claims"]) == json.loads(challenge)


@pytest.mark.parametrize("who", ["google", "microsoft"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_token": 1}'])
def test_a_token_that_cannot_be_read_asks_for_a_new_sign_in(
    tokens: FakeTokens, who: oauth.Who, kept: PlainSecrets, text: str
) -> None:
    kept.put("token", text)
    with pytest.raises(SignInAgain):
        oauth.access_token(config(tokens, who), kept)


@pytest.mark.parametrize(
    "broken", [{}, {"sign_in": "google"}, {"sign_in": "password", "oauth_client_id": "x"}]
)
def test_an_account_without_a_client_asks_for_one(kept: PlainSecrets, broken: dict[str, str]) -> None:
    with pytest.raises(SignInAgain, match="dealbox account sign-in"):
        oauth.access_token(broken, kept)


def test_less_than_access_to_mail_is_no_sign_in(tokens: FakeTokens) -> None:
    pending = oauth.begin(client(tokens, "google"), tokens.address, 12345)
    end = oauth.answer_in(tokens.approve(pending.address), pending.state)
    tokens.fail(
        Answer(
            200,
            {
                "access_token": "a",
                "refresh_token": "r",
                "expires_in": 3600,
                "scope": "openid",
                "token_type": "Bearer",
            },
        )
    )
    with pytest.raises(NotSignedIn, match="no access to mail"):
        pending.finish(end)


def test_a_sign_in_that_would_not_last_is_told(tokens: FakeTokens) -> None:
    pending = oauth.begin(client(tokens, "google"), tokens.address, 12345)
    end = oauth.answer_in(tokens.approve(pending.address), pending.state)
    tokens.fail(
        Answer(
            200,
            {
                "access_token": "a",
                "expires_in": 3600,
                "scope": "https://mail.google.com/",
                "token_type": "Bearer",
            },
        )
    )
    with pytest.raises(NotSignedIn, match="no lasting sign-in"):
        pending.finish(end)


@BOTH
def test_a_code_that_is_refused_is_told(tokens: FakeTokens, who: oauth.Who) -> None:
    pending = oauth.begin(client(tokens, who), tokens.address, 12345)
    end = oauth.answer_in(tokens.approve(pending.address), pending.state)
    tokens.fail(INVALID_GRANT)
    with pytest.raises(NotSignedIn, match="expired or revoked"):
        pending.finish(end)


def test_a_code_typed_elsewhere_gives_access(tokens: FakeTokens, kept: PlainSecrets) -> None:
    """F48: authorization_pending, slow_down."""
    tokens.slow_downs = 1
    device = DeviceSignIn(client(tokens, "microsoft"))
    try:
        assert device.code and device.address
        waits = device.interval_s
        assert device.poll() is None
        assert device.interval_s == waits + 5
        assert device.poll() is None
        tokens.device = Device.APPROVED
        token = device.poll()
    finally:
        device.close()
    assert token is not None
    kept.put("token", token)
    assert oauth.access_token(config(tokens, "microsoft"), kept)


@pytest.mark.parametrize(
    ("device", "why"),
    [
        (Device.EXPIRED, "not typed in time"),
        (Device.DENIED, "declined"),
        (Device.DECLINED, "declined"),
        (Device.BAD_CODE, "bad_verification_code"),
    ],
)
def test_a_code_that_comes_to_nothing_is_told(tokens: FakeTokens, device: Device, why: str) -> None:
    """F48: expired, access_denied."""
    sign_in = DeviceSignIn(client(tokens, "microsoft"))
    tokens.device = device
    try:
        with pytest.raises(NotSignedIn, match=why):
            sign_in.poll()
    finally:
        sign_in.close()


def test_where_codes_are_blocked_a_browser_is_suggested(tokens: FakeTokens) -> None:
    """F48: AADSTS53003, conditional access."""
    sign_in = DeviceSignIn(client(tokens, "microsoft"))
    tokens.fail(BLOCKED_BY_POLICY)
    try:
        with pytest.raises(NotSignedIn, match="AADSTS53003") as told:
            sign_in.poll()
    finally:
        sign_in.close()
    assert told.value.suggests_browser


def test_a_client_that_may_have_no_code_is_told(tokens: FakeTokens) -> None:
    tokens.fail(
        Answer(400, {"error": "invalid_client", "error_description": "AADSTS7000218: no client secret"})
    )
    with pytest.raises(NotSignedIn, match="AADSTS7000218"):
        DeviceSignIn(client(tokens, "microsoft"))


def test_nothing_secret_is_in_what_an_error_would_show(tokens: FakeTokens) -> None:
    made = client(tokens, "google")
    pending = oauth.begin(made, tokens.address, 12345)
    assert "not-so-secret" not in repr(made) + repr(pending)
