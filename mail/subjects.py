"""Subjects of replies and forwards: one mark before them, whatever language the marks already there are in."""

from __future__ import annotations

import re
from typing import Final

_REPLIES: Final = "re|aw|antw|antwort|sv|vs|odp|r|rif|res|resp|vá|ynt|atb|bls|отв|ответ|відп|απ|回复|回覆|答复|答覆|返信|답장|회신|השב|رد"
_FORWARDS: Final = "fw|fwd|wg|i|rv|tr|enc|doorst|pd|vb|vl|továbbítás|ilt|fs|trs|пер|пересл|πρθ|转发|轉寄|轉發|転送|전달|הועבר"
_COUNT: Final = r"\.?\s*(?:\[\d+\]|\(\d+\)|\^?\d+)?\s*[:：﹕]\s*"
_TAGS: Final = r"((?:\[[^\[\]]*\]\s*)*)"
_REPLY: Final = re.compile(rf"{_TAGS}(?:{_REPLIES}){_COUNT}", re.IGNORECASE)
_FORWARD: Final = re.compile(rf"{_TAGS}(?:{_FORWARDS}){_COUNT}", re.IGNORECASE)
_LONGEST: Final = 1_000


def of_reply(subject: str) -> str:
    """Return the subject of a reply; a list's tag and a mark of forwarding stay."""
    return _marked("Re: ", subject, _REPLY)


def of_forward(subject: str) -> str:
    """Return the subject of a forward; a list's tag and a mark of replying stay."""
    return _marked("Fwd: ", subject, _FORWARD)


def base(subject: str) -> str:
    """Return a subject without the marks of replying and forwarding before it, written as it is."""
    rest = " ".join(subject[:_LONGEST].split())
    while found := _REPLY.match(rest) or _FORWARD.match(rest):
        rest = rest[found.end() :]
    return rest


def _marked(mark: str, subject: str, marks: re.Pattern[str]) -> str:
    rest = " ".join(subject[:_LONGEST].split())
    tags = ""
    while found := marks.match(rest):
        tags = tags or found[1]
        rest = rest[found.end() :]
    return f"{mark}{tags if rest and not rest.startswith(tags) else ''}{rest}".strip()
