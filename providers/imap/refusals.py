"""What a server's "no" means for whoever asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mail.text import safe_line
from providers.errors import ProviderError, Rejected, RetryLater, SignInAgain

_LONGEST_TEXT: Final = 300
_LONGEST_WAIT_S: Final = 3600.0
_CODE = re.compile(rb"\[([A-Za-z0-9][A-Za-z0-9._\-]*)(?: ((?:[^\]\"]++|\"[^\"]*+\")*+))?\] ?")
_BACKOFF = re.compile(r"Backoff Time: *(\d{1,9}) *milliseconds", re.IGNORECASE)
_THROTTLED = re.compile(
    r"throttl|rate limit|try again later|temporar|bandwidth|command limit|authenticated but not connected",
    re.IGNORECASE,
)
_TOO_MANY = re.compile(
    r"too many (?:simultaneous|concurrent|open )?.*(?:connection|session|login)"
    r"|(?:maximum|max)\b.*(?:connection|session)|connection limit|simultaneous connections",
    re.IGNORECASE,
)
_NO_SUCH = re.compile(
    r"mailbox.*(?:does ?n[o']t exist|not found|unknown)|(?:no such|unknown) (?:mailbox|folder)", re.IGNORECASE
)
_APP_PASSWORD = re.compile(r"app(?:lication)?[- ]specific|app password|WEBALERT|web login", re.IGNORECASE)

_LATER: Final = frozenset(
    {"UNAVAILABLE", "INUSE", "LIMIT", "THROTTLED", "SERVERBUG", "EXPUNGEISSUED", "CORRUPTION"}
)
_SIGN_IN: Final = frozenset(
    {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "WEBALERT"}
)


class Refused(Rejected):
    """The server said no; `code` is its response code in upper case ("TRYCREATE", "OVERQUOTA"), or "NO" or "BAD".

    Servers that say in words that there is no such mailbox have said "NONEXISTENT".
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class TooManyConnections(RetryLater):
    """The account has more connections open than it may: use fewer."""


class Oversized(RetryLater):
    """The server began an answer larger than is held in memory; the connection was dropped.

    `uid` is the message it was about, where that was told before. Ask for it in pieces, or not again.
    """

    def __init__(self, text: str, uid: int | None) -> None:
        super().__init__(text)
        self.uid = uid


@dataclass(frozen=True, slots=True)
class Completion:
    """How a command ended, or a status the server told by itself."""

    status: str
    code: str
    argument: bytes
    text: str

    @classmethod
    def parse(cls, line: bytes) -> Completion:
        """Read "OK [CODE argument] text"; what is no code stays in the text."""
        status, _, rest = line.partition(b" ")
        found = _CODE.match(rest)
        text = (rest[found.end() :] if found else rest)[: 10 * _LONGEST_TEXT].decode("utf-8", "replace")
        code = found[1].decode("ascii").upper() if found else ""
        return cls(status.decode("latin-1").upper(), code, (found[2] or b"") if found else b"", text)


def refusal(said: Completion, *, secrets: tuple[str, ...] = (), is_signing_in: bool = False) -> ProviderError:
    """Return the error for a NO, BAD or BYE; its text holds what the server said, without `secrets`."""
    text = _shown(said, secrets)
    if (after_s := _backoff_s(said.text)) is not None:
        return RetryLater(f"The server asks for patience: {text}", after_s)
    if _TOO_MANY.search(said.text):
        return TooManyConnections(f"The account has too many connections open: {text}", 60.0)
    if said.code in _LATER or _is_throttle(said):
        return RetryLater(f"The server asks to try later: {text}", 60.0)
    if said.code in _SIGN_IN or (is_signing_in and said.status != "BYE"):
        return SignInAgain(f"{_SIGN_IN_TEXT[bool(_APP_PASSWORD.search(f'{said.code} {said.text}'))]}: {text}")
    if said.status == "BYE":
        return RetryLater(f"The server ended the connection: {text}")
    code = said.code or ("NONEXISTENT" if _NO_SUCH.search(said.text) else said.status)
    return Refused(f"The server refused: {text}", code)


_SIGN_IN_TEXT: Final = {
    False: "The server did not accept the sign-in",
    True: "The server wants an app password (made in the account's security settings), not the usual one",
}


def _backoff_s(text: str) -> float | None:
    found = _BACKOFF.search(text)
    return min(int(found[1]) / 1000, _LONGEST_WAIT_S) if found else None


def _is_throttle(said: Completion) -> bool:
    # Gmail says [OVERQUOTA] of bandwidth, too; of a mailbox that is full, later is no better.
    return said.code in {"", "OVERQUOTA", "ALERT"} and bool(_THROTTLED.search(said.text))


def _shown(said: Completion, secrets: tuple[str, ...]) -> str:
    text = said.text
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    shown = safe_line(text[:_LONGEST_TEXT]).strip()
    return shown or (f"[{said.code}]" if said.code else f"it said {said.status}")
