"""Signing in to a submission server (RFC 4954, RFC 7628), also with words that are not ASCII."""

from __future__ import annotations

import base64
import smtplib

from providers.errors import RetryLater, SignInAgain
from providers.refusal_words import why

Answer = tuple[int, bytes]
_TAKEN = (235, 503)  # 503: signed in already


class TokenRefused(SignInAgain):
    """The server does not take an access token that should be good: renew it once."""


def with_password(client: smtplib.SMTP, host: str, username: str, password: str) -> None:
    """Sign in with a password. Raises SignInAgain, RetryLater, smtplib.SMTPException, OSError."""
    offered = _offered(client, host)
    if "PLAIN" in offered:
        answer = _ask(client, "PLAIN", f"\0{username}\0{password}")
    elif "LOGIN" in offered:
        answer = _login(client, username, password)
    else:
        raise SignInAgain(f"{host} takes no password: sign in with a browser (dealbox account sign-in).")
    _judge(answer, host)


def with_token(client: smtplib.SMTP, host: str, username: str, token: str) -> None:
    """Sign in with an access token. Raises TokenRefused, SignInAgain, RetryLater, smtplib.SMTPException, OSError."""
    offered = _offered(client, host)
    if "XOAUTH2" in offered:
        answer, farewell = _ask(client, "XOAUTH2", f"user={username}\1auth=Bearer {token}\1\1"), ""
    elif "OAUTHBEARER" in offered:
        words = f"n,a={username.replace('=', '=3D').replace(',', '=2C')},\1auth=Bearer {token}\1\1"
        answer, farewell = _ask(client, "OAUTHBEARER", words), _encoded("\1")
    else:
        raise SignInAgain(f"{host} does not take the sign-in of a browser: use an app password.")
    if answer[0] == 334:  # it holds what is wrong with the token; the "no" comes after an empty answer
        answer = client.docmd(farewell)
        if 500 <= answer[0] < 600:
            raise TokenRefused(why(_said(answer), host)[1])
    _judge(answer, host)


def _offered(client: smtplib.SMTP, host: str) -> list[str]:
    offered = client.esmtp_features.get("auth", "").upper().split()
    if not offered:
        raise SignInAgain(f"{host} lets nobody sign in on this port; 465 and 587 are the usual ones.")
    return offered


def _ask(client: smtplib.SMTP, mechanism: str, words: str) -> Answer:
    return client.docmd("AUTH", f"{mechanism} {_encoded(words)}")


def _login(client: smtplib.SMTP, username: str, password: str) -> Answer:
    answer = client.docmd("AUTH", f"LOGIN {_encoded(username)}")
    return client.docmd(_encoded(password)) if answer[0] == 334 else answer


def _encoded(words: str) -> str:
    return base64.b64encode(words.encode()).decode("ascii")


def _judge(answer: Answer, host: str) -> None:
    if answer[0] in _TAKEN:
        return
    kind, sentence = why(_said(answer), host)
    if kind == "busy":
        raise RetryLater(sentence)
    raise SignInAgain(sentence)


def _said(answer: Answer) -> str:
    return f"{answer[0]} {answer[1].decode('utf-8', 'replace')}"
