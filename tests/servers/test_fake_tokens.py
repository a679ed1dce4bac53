from __future__ import annotations

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
    Device,
    FakeTokens,
)

SCOPES = ["https://outlook.office.com/IMAP.AccessAsUser.All"]


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTokens]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with FakeTokens(authority.good().server_context()) as started:
        yield started


@pytest.fixture
def microsoft(tokens: FakeTokens) -> Iterator[object]:
    import msal
    import requests

    with requests.Session() as session:
        yield msal.PublicClientApplication(
            CLIENT_ID, authority=tokens.authority, instance_discovery=False, http_client=session
        )


def test_google_signs_in_with_a_pasted_address_and_refreshes(tokens: FakeTokens) -> None:
    from google.auth.exceptions import RefreshError
    from google.auth.transport.requests import Request
    from google_auth_oauthlib.flow import InstalledAppFlow
    from requests import Session

    redirect = "http://localhost:1"
    flow = InstalledAppFlow.from_client_config(
        tokens.google_client(),
        ["https://mail.google.com/"],
        redirect_uri=redirect,
        autogenerate_code_verifier=True,
    )
    url, state = flow.authorization_url(access_type="offline")
    pasted = parse_qs(urlsplit(tokens.approve(url)).query)
    assert pasted["state"] == [state]
    flow.fetch_token(code=pasted["code"][0])
    credentials = flow.credentials
    flow.oauth2session.close()
    with Session() as session:
        before = credentials.token, credentials.refresh_token
        credentials.refresh(Request(session))
        assert credentials.token != before[0]
        assert credentials.refresh_token != before[1]
        tokens.fail(INVALID_GRANT)
        with pytest.raises(RefreshError, match="invalid_grant"):
            credentials.refresh(Request(session))
    assert len(tokens.grants("refresh_token")) == 2


def test_a_code_without_its_verifier_is_refused(tokens: FakeTokens) -> None:
    query = "redirect_uri=http://localhost&code_challenge=abc&code_challenge_method=S256"
    code = parse_qs(urlsplit(tokens.approve(f"{tokens.url}/authorize?{query}")).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": "guess"}
    assert tokens.answer("/token", form).status == 400


def test_microsoft_waits_for_the_other_screen_and_signs_in_silently_later(
    tokens: FakeTokens, microsoft: object
) -> None:
    flow = microsoft.initiate_device_flow(SCOPES)
    pending = microsoft.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
    assert pending["error"] == "authorization_pending"
    tokens.device = Device.APPROVED
    found = microsoft.acquire_token_by_device_flow(flow)
    assert found["id_token_claims"]["preferred_username"] == tokens.address
    (account,) = microsoft.get_accounts()
    again = microsoft.acquire_token_silent(SCOPES, account, force_refresh=True)
    assert again["access_token"] != found["access_token"]


@pytest.mark.parametrize("device", [Device.DENIED, Device.EXPIRED, Device.DECLINED])
def test_a_device_code_may_be_denied_or_expire(tokens: FakeTokens, microsoft: object, device: Device) -> None:
    tokens.device = device
    flow = microsoft.initiate_device_flow(SCOPES)
    assert microsoft.acquire_token_by_device_flow(flow)["error"] == device.value


# msal would rather have the answer posted than in the address; a person cannot paste what is posted.
@pytest.mark.filterwarnings("ignore:response_mode='form_post':UserWarning")
def test_a_policy_may_block_the_device_code_and_the_pasted_address_works(
    tokens: FakeTokens, microsoft: object
) -> None:
    flow = microsoft.initiate_device_flow(SCOPES)
    tokens.fail(BLOCKED_BY_POLICY)
    assert "AADSTS53003" in microsoft.acquire_token_by_device_flow(flow)["error_description"]
    flow = microsoft.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost")
    pasted = parse_qs(urlsplit(tokens.approve(flow["auth_uri"])).query)
    answer = {name: values[0] for name, values in pasted.items()}
    assert "access_token" in microsoft.acquire_token_by_auth_code_flow(flow, answer)


@pytest.mark.parametrize(("failure", "status"), [(TOO_MANY, 429), (UNAVAILABLE, 503)])
def test_a_busy_endpoint_says_so(tokens: FakeTokens, failure: object, status: int) -> None:
    import requests

    tokens.fail(failure)
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token()}
    assert requests.post(f"{tokens.url}/token", data=form, timeout=30).status_code == status
    assert requests.post(f"{tokens.url}/token", data=form, timeout=30).status_code == 200


def test_polling_too_fast_is_told_to_slow_down(tokens: FakeTokens) -> None:
    tokens.slow_downs, tokens.device = 1, Device.APPROVED
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "device-1"}
    assert tokens.answer("/token", form).body == {"error": "slow_down"}
    assert tokens.answer("/token", form).status == 200


def test_a_revoked_refresh_token_is_dead(tokens: FakeTokens) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token()}
    tokens.revoke()
    assert tokens.answer("/token", form) == INVALID_GRANT
