from __future__ import annotations

import pytest

from mail import body_json
from mail.text import safe_block, safe_line
from mail.types import Block, BlockKind, Body, Document, Link, LinkSpan

DOCUMENT = Document(
    (
        Block(BlockKind.TEXT, safe_block("Grüße\nsee here"), (LinkSpan(6, 9, 1), LinkSpan(10, 14, 2))),
        Block(BlockKind.QUOTE, safe_block("> 東京")),
        Block(BlockKind.SIGNATURE, safe_block("-- \nAnn")),
        Block(BlockKind.FORWARD, safe_block("")),
    ),
    (Link(1, "https://example.com/", "example.com"), Link(2, "mailto:a@example.com", "a@example.com")),
)


@pytest.mark.parametrize(
    "body",
    [
        Body(None, None),
        Body(DOCUMENT, None),
        Body(None, DOCUMENT, safe_line("A notice.")),
        Body(Document(()), DOCUMENT),
    ],
)
def test_a_body_comes_back_as_it_was(body: Body) -> None:
    assert body_json.loads(body_json.dumps(body)) == body


@pytest.mark.parametrize(
    "octets", [b"", b"{}", b"[1]", b"[1,2,3]", b"\xff", b'[[[["x","",[]]],[]],null,null]']
)
def test_other_octets_are_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        body_json.loads(octets)


def test_the_texts_of_a_body_are_told_without_making_it() -> None:
    octets = body_json.dumps(Body(DOCUMENT, None))
    assert body_json.texts(octets) == ("Grüße\nsee here\n> 東京\n-- \nAnn\n", "")
    assert body_json.texts(body_json.dumps(Body(None, Document(())))) == ("", "")
