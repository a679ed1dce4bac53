from __future__ import annotations

import pytest

from mail.text import is_safe
from providers.errors import ProviderError, RetryLater, SignInAgain
from providers.imap.refusals import Completion, Refused, TooManyConnections, refusal


def meaning(line: bytes, **how: object) -> ProviderError:
    return refusal(Completion.parse(line), **how)  # type: ignore[arg-type] # as the test has it


def test_a_server_that_names_how_long_to_wait_is_heard() -> None:
    """F21."""
    error = meaning(b"BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds")
    assert isinstance(error, RetryLater)
    assert error.after_s == pytest.approx(92.415)
    assert meaning(b"BAD Backoff Time: 999999999 milliseconds").after_s == 3600  # type: ignore[attr-defined] # as above


@pytest.mark.parametrize(
    "line",
    [
        b"NO [LIMIT] slow down",
        b"NO [INUSE] another program holds the mailbox",
        b"NO [UNAVAILABLE] Temporary authentication failure.",
        b"NO [THROTTLED] later",
        b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        b"BAD User is authenticated but not connected.",
        b"BYE Server shutting down",
        b"BYE",
    ],
)
def test_what_may_pass_is_tried_later(line: bytes) -> None:
    """F21."""
    for how in ({}, {"is_signing_in": True}):
        assert isinstance(meaning(line, **how), RetryLater)


@pytest.mark.parametrize(
    "line",
    [
        b"BYE Too many connections from your IP",
        b"NO [ALERT] Too many simultaneous connections. (Failure)",
        b"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        b"BYE [UNAVAILABLE] Too many concurrent sessions",
    ],
)
def test_too_many_connections_are_a_reason_to_use_fewer(line: bytes) -> None:
    """F22."""
    error = meaning(line, is_signing_in=True)
    assert isinstance(error, TooManyConnections)
    assert error.after_s


@pytest.mark.parametrize(
    "line",
    [
        b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        b"NO [AUTHORIZATIONFAILED] not you",
        b"NO [EXPIRED] password expired",
        b"NO LOGIN failed.",
        b"BAD bad login",
    ],
)
def test_a_refused_sign_in_is_the_users_to_mend(line: bytes) -> None:
    assert isinstance(meaning(line, is_signing_in=True), SignInAgain)


@pytest.mark.parametrize(
    "line",
    [
        b"NO [ALERT] Application-specific password required: https://support.google.com/ (Failure)",
        b"NO [WEBALERT https://accounts.example.com/x] Web login required.",
    ],
)
def test_where_an_app_password_is_wanted_the_user_hears_it(line: bytes) -> None:
    error = meaning(line, is_signing_in=True)
    assert isinstance(error, SignInAgain)
    assert "app password" in str(error)


@pytest.mark.parametrize("code", ["NONEXISTENT", "CANNOT", "OVERQUOTA", "TRYCREATE", "NOPERM", "TOOBIG"])
def test_what_will_never_work_is_refused_with_its_code(code: str) -> None:
    """F21."""
    error = meaning(f"NO [{code}] no".encode())
    assert isinstance(error, Refused)
    assert error.code == code


def test_a_mailbox_that_is_missing_in_words_is_missing() -> None:
    error = meaning(b"NO Mailbox doesn't exist: Deals")
    assert isinstance(error, Refused)
    assert error.code == "NONEXISTENT"


def test_what_a_server_says_is_safe_to_show_and_tells_no_secret() -> None:
    error = meaning(
        b"NO \x1b[2J\xe2\x80\xaewrong: correct-horse\r" + b"x" * 5000, secrets=("correct-horse", "")
    )
    assert "correct-horse" not in str(error)
    assert is_safe(str(error))
    assert len(str(error)) < 400


def test_a_code_without_a_text_is_understood() -> None:
    assert Completion.parse(b"OK [HIGHESTMODSEQ 5]") == Completion("OK", "HIGHESTMODSEQ", b"5", "")
    assert Completion.parse(b"OK [ no code] text").text == "[ no code] text"
    assert str(meaning(b"NO [CANNOT]")) == "The server refused: [CANNOT]"
