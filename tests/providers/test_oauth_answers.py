from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from providers import oauth
from providers.oauth import NotSignedIn, WrongPaste

END = "http://127.0.0.1:12345/?code=c0de&state=st4te"


@pytest.mark.parametrize(
    "pasted",
    [
        END,
        END + "\n",
        f"  {END}\r\n",
        f"<{END}>",
        f'"{END}"',
        END.replace("st4", "s\n t4"),
        "code=c0de&state=st4te",
    ],
)
def test_the_last_address_is_read_however_it_is_pasted(pasted: str) -> None:
    """F49: trailing newline, and what terminals add."""
    assert oauth.answer_in(pasted, "st4te") == {"code": "c0de", "state": "st4te"}


@pytest.mark.parametrize(
    "pasted", ["", "c0de", "https://example.com", END.split("?")[0], "http://x/?state=st4te"]
)
def test_an_address_without_a_code_is_refused_and_another_may_follow(pasted: str) -> None:
    """F49: missing code."""
    with pytest.raises(WrongPaste, match="not the last address"):
        oauth.answer_in(pasted, "st4te")


@pytest.mark.parametrize("state", ["", "other", "st4te2", "ST4TE"])
def test_an_address_of_another_sign_in_is_refused(state: str) -> None:
    """F49: wrong state."""
    with pytest.raises(WrongPaste, match="another sign-in"):
        oauth.answer_in(f"http://127.0.0.1/?code=c0de&state={state}", "st4te")


def test_a_no_in_the_browser_ends_the_sign_in() -> None:
    """F49: error=..."""
    with pytest.raises(NotSignedIn, match="declined"):
        oauth.answer_in("http://127.0.0.1/?error=access_denied&state=st4te", "st4te")
    with pytest.raises(NotSignedIn, match="AADSTS65004"):
        oauth.answer_in(
            "http://127.0.0.1/?error=consent_required&error_description=AADSTS65004+no%1b&state=st4te",
            "st4te",
        )


def test_a_no_with_a_wrong_state_is_nobodys() -> None:
    with pytest.raises(WrongPaste):
        oauth.answer_in("http://127.0.0.1/?error=access_denied&state=x", "st4te")


@contextlib.contextmanager
def listening(state: str) -> Iterator[oauth.Listener]:
    listener = oauth.Listener(state)
    listener.start()
    try:
        yield listener
    finally:
        listener.close()


def test_the_browser_comes_back_by_itself() -> None:
    with listening("st4te") as listener:
        base = f"http://127.0.0.1:{listener.port}"
        for other in ("/favicon.ico", "/?code=x&state=wrong", "/?" + "a=b&" * 100):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(base + other, timeout=30)
        assert not listener.arrived.is_set()
        with urllib.request.urlopen(f"{base}/?code=c0de&state=st4te", timeout=30) as page:
            assert b"can be closed" in page.read()
        assert listener.arrived.wait(30)
        assert oauth.answer_in(listener.answers[0], "st4te")["code"] == "c0de"


def test_a_no_comes_back_by_itself_too() -> None:
    with listening("st4te") as listener:
        url = f"http://127.0.0.1:{listener.port}/?error=access_denied&state=st4te"
        urllib.request.urlopen(url, timeout=30).close()
        assert listener.arrived.wait(30)
