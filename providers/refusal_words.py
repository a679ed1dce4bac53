"""What servers say when they let nobody in, and what the user can do about it. Pure."""

from __future__ import annotations

import re
from typing import Final, Literal

from mail.text import safe_line

Kind = Literal[
    "password",
    "app_password",
    "imap_disabled",
    "browser",
    "busy",
    "host",
    "timeout",
    "certificate",
    "starttls",
    "not_a_server",
    "sign_in",
]
_SHOWN: Final = 200

# The first that fits. Texts are as the servers send them; they change them, so the last resort is to show what they said.
_WORDS: Final[tuple[tuple[str, Kind, str], ...]] = (
    (
        r"application[- ]specific password|app(lication)? password|InvalidSecondFactor|app-specific|authorization code|授权码",
        "app_password",
        "wants an app password in the place of the usual one",
    ),
    (
        r"please log in via your web browser|WEBALERT|web login required|support/mail/.*78754",
        "browser",
        "wants to see you in a browser first: sign in to its web mail, then try again",
    ),
    (
        r"(imap|pop3?/?imap).{0,40}(disabled|not enabled|deactivated|not allowed|turned off|inactive)|not enabled for imap"
        r"|enable imap|activate imap|imap service is not|UserNotEnabledForProtocol|access is disabled for your domain",
        "imap_disabled",
        "does not allow IMAP for this account yet: switch it on in the settings of its web mail",
    ),
    (
        r"smtp(client)?auth(entication)? is disabled|SmtpClientAuthentication|5\.7\.139",
        "imap_disabled",
        "does not allow sending with SMTP AUTH for this account: the administrator has to switch it on",
    ),
    (
        r"basic ?auth(entication)? is (disabled|blocked)|LOGINDISABLED|AUTHENTICATE failed\. User is authenticated but not",
        "browser",
        "takes no password from mail programs: sign in with a browser (--oauth)",
    ),
    (
        r"\[(unavailable|inuse|limit)\]|too many|try again later|temporar|rate limit|maximum number of connections|^4\d\d ",
        "busy",
        "is busy, or has had too many attempts: try again in some minutes",
    ),
    (
        r"\[authenticationfailed\]|auth|login|credential|password|username|invalid user|\b535\b|\[expired\]",
        "password",
        "refused the user name or the password",
    ),
)


def why(said: str, host: str) -> tuple[Kind, str]:
    """Return what a server's "no" means, and a sentence with what it said."""
    shown = safe_line(_without_secrets(said))[:_SHOWN].strip()
    for pattern, kind, sentence in _WORDS:
        if re.search(pattern, said, re.IGNORECASE):
            return kind, f"{host} {sentence}. It said: {shown}" if shown else f"{host} {sentence}."
    return (
        "password",
        f"{host} did not let you in. It said: {shown}" if shown else f"{host} did not let you in.",
    )


def _without_secrets(said: str) -> str:
    # Some servers quote what they were sent; base64 of a password or a token is long and has no blanks.
    return re.sub(r"[A-Za-z0-9+/=_.-]{40,}", "...", said)
