"""Why a conversation is linked or not: what was decided, and what the rules say of each of its messages."""

from __future__ import annotations

import time
from collections.abc import Iterator

from textual.content import Content

from linking.deciding import Explanation, Judged
from tui.content import line
from tui.format import plural, short_date
from tui.screens.page import Page

_MOST_MESSAGES = 200
_ORIGINS = {
    "auto": "linked by rule",
    "manual": "linked by hand",
    "compose": "linked when it was written",
    "bcc": "linked by its Smart BCC address",
    "conversion": "linked when the lead was converted",
    "import": "linked by an import",
}


class Why(Page):
    """Shows each message with what the rules say of it, oldest first. q closes, j and k scroll."""

    def __init__(self, explanation: Explanation, now: int | None = None) -> None:
        text = Content("\n").join(tuple(lines(explanation, int(time.time()) if now is None else now)))
        super().__init__("Why it is linked or not", text)


def lines(explanation: Explanation, now: int) -> Iterator[Content]:
    """Yield what is said: the link, what was decided when the mail came and what to do, then every message."""
    item = explanation.item
    if item is not None:
        origin = _ORIGINS.get(explanation.origin, "linked")
        yield Content.assemble(f"{item.kind.value.title()}: ", (line(item.title), "bold"), f", {origin}")
    elif explanation.origin:
        yield Content.styled("Unlinked by hand", "bold")
    else:
        yield Content.styled("Not linked", "bold")
    yield Content(f"{_sentence(explanation.words)}.")
    if explanation.advice:
        yield Content(line(explanation.advice))
    left_out = len(explanation.messages) - _MOST_MESSAGES
    if left_out > 0:
        yield Content.styled(f"{plural(left_out, 'older message')} not shown", "dim")
    decided = explanation.decided.email_id if explanation.decided is not None else None
    for judged in explanation.messages[-_MOST_MESSAGES:]:
        yield Content("")
        yield from _message(judged, now, has_decided=judged.email_id == decided)
    if explanation.candidates:
        yield Content("")
        yield Content.styled("Items they are about", "bold")
    for card in explanation.candidates:
        yield Content.assemble(f"  {card.kind.value} ", (line(card.title), "bold"), f"  {line(card.status)}")


def _message(judged: Judged, now: int, *, has_decided: bool) -> Iterator[Content]:
    head = f"{short_date(judged.at, now).strip()}  {line(judged.from_)}  "
    yield Content.assemble(head, (line(judged.subject) or "(no subject)", "bold"))
    yield Content(f"  {line(judged.words)}{'   <- this one decided' if has_decided else ''}")


def _sentence(words: str) -> str:
    text = line(words)
    return text[:1].upper() + text[1:]
