"""A Body as the store keeps it: compact JSON in UTF-8, read back as it was."""

from __future__ import annotations

import json
from typing import Any

from mail.types import Block, BlockKind, Body, Document, Link, LinkSpan, SafeText

_LETTERS = {BlockKind.TEXT: "t", BlockKind.QUOTE: "q", BlockKind.SIGNATURE: "s", BlockKind.FORWARD: "f"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def dumps(body: Body) -> bytes:
    """Return a body as octets: [plain, html, notice], documents as [blocks, links]."""
    written = [_written(body.plain), _written(body.html), body.notice]
    return _encode(written).encode()


def loads(octets: bytes) -> Body:
    """Return the body that dumps wrote. Raises ValueError on other octets."""
    try:
        plain, html, notice = json.loads(octets)
        return Body(_document(plain), _document(html), notice)
    except (LookupError, TypeError) as error:
        raise ValueError("not a stored body") from error


def texts(octets: bytes) -> tuple[str, str]:
    """Return the plain and the HTML rendering's text of what dumps wrote, without the cost of making a Body."""
    plain, html, _ = json.loads(octets)
    return _joined(plain), _joined(html)


def _joined(written: list[Any] | None) -> str:
    return "" if written is None else "\n".join(block[1] for block in written[0])


def _written(document: Document | None) -> list[Any] | None:
    if document is None:
        return None
    blocks = [
        [
            _LETTERS[block.kind],
            block.text,
            [number for span in block.links for number in (span.start, span.end, span.number)],
        ]
        for block in document.blocks
    ]
    return [blocks, [[link.number, link.url, link.host] for link in document.links]]


def _document(written: list[Any] | None) -> Document | None:
    if written is None:
        return None
    blocks, links = written
    return Document(
        tuple(Block(_KINDS[letter], SafeText(text), _spans(flat)) for letter, text, flat in blocks),
        tuple(Link(number, url, host) for number, url, host in links),
    )


def _spans(flat: list[int]) -> tuple[LinkSpan, ...]:
    return tuple(map(LinkSpan, flat[::3], flat[1::3], flat[2::3]))
