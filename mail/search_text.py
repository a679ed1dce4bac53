"""What the index holds of a message. The same words must come out again when it is removed from the index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mail.folding import fold_for_index
from mail.types import Address, Body, Document, SearchText

VERSION: Final = 1
"""Raise it when the same message gives other words than before, here or in mail.folding: then stores index anew."""
MOST_CHARACTERS: Final = 400_000
"""Of one body; what comes after is not indexed."""


def search_text(subject: str, people: Iterable[Address], body: Body, files: Iterable[str]) -> SearchText:
    """Return the folded words of a message's parts.

    `people` are its addresses in the order from, sender, reply_to, to, cc, bcc; `files` the names of its attachments.
    """
    names = dict.fromkeys(word for person in people for word in (person.name, person.email) if word)
    return SearchText(
        subject=fold_for_index(subject),
        people=fold_for_index(" \n ".join(names)),
        body=fold_for_index(body_text(body)),
        files=fold_for_index(" \n ".join(files)),
    )


def body_text(body: Body) -> str:
    """Return the text of a body as it is searched and excerpted: of its two renderings the longer one."""
    return max(_text(body.plain), _text(body.html), key=len)[:MOST_CHARACTERS]


def _text(document: Document | None) -> str:
    return "" if document is None else "\n".join(block.text for block in document.blocks)
