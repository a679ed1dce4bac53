"""What the index holds of a message. The same words must come out again when it is removed from the index."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from mail.folding import fold_for_index
from mail.types import Address, Body, Document, SearchText

VERSION: Final = 1
"""Raise it when the same message gives other words than before, here or in mail.folding: then stores index anew."""
MOST_CHARACTERS: Final = 400_000
"""Of one body; what comes after is not indexed."""
_SHORT: Final = 300


def search_text(subject: str, people: Iterable[Address], body: Body, files: Iterable[str]) -> SearchText:
    """Return the folded words of a message's parts.

    `people` are its addresses in the order from, sender, reply_to, to, cc, bcc; `files` the names of its attachments.
    """
    names = dict.fromkeys(word for person in people for word in (person.name, person.email) if word)
    return SearchText(
        subject=_fold_short(subject),
        people=_fold_short(" \n ".join(names)),
        body=fold_for_index(body_text(body)),
        files=_fold_short(" \n ".join(files)),
    )


def _fold_short(text: str) -> str:
    """Fold what is often met again: a conversation has one subject, and the same people."""
    return _fold_again(text) if len(text) <= _SHORT else fold_for_index(text)


_fold_again: Final = lru_cache(maxsize=4_096)(fold_for_index)


def body_text(body: Body) -> str:
    """Return the text of a body as it is searched and excerpted: of its two renderings the longer one."""
    return max(_text(body.plain), _text(body.html), key=len)[:MOST_CHARACTERS]


def _text(document: Document | None) -> str:
    return "" if document is None else "\n".join(block.text for block in document.blocks)
