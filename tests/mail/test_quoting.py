from __future__ import annotations

import pytest

from mail import parse, quoting
from mail.types import Block, BlockKind, Body, Document, SafeText


def a_document(*blocks: tuple[BlockKind, str]) -> Document:
    return Document(tuple(Block(kind, SafeText(text)) for kind, text in blocks))


BLOCKS = a_document(
    (BlockKind.TEXT, "Hello"),
    (BlockKind.QUOTE, "On 1 May 2026, Bob wrote:\n> old"),
    (BlockKind.SIGNATURE, "-- \nAna"),
)


def test_a_reply_quotes_all_but_the_signature() -> None:
    assert quoting.quotable(Body(BLOCKS, None)) == "Hello\n\nOn 1 May 2026, Bob wrote:\n> old"


def test_a_forward_passes_all_of_it_on() -> None:
    assert quoting.whole(Body(BLOCKS, None)) == "Hello\n\nOn 1 May 2026, Bob wrote:\n> old\n\n-- \nAna"


def test_a_message_without_text_gives_none() -> None:
    assert quoting.quotable(Body(None, None)) == quoting.whole(Body(None, None)) == quoting.quoted("") == ""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<blockquote type=cite>old<blockquote>older</blockquote></blockquote>", "> old\n>\n>> older"),
        (
            "<div class=gmail_quote>On Fri, 1 May 2026 at 10:00, Bob wrote:<blockquote>old</blockquote></div>",
            "On Fri, 1 May 2026 at 10:00, Bob wrote:\n\n> old",
        ),
        (
            "<div class=moz-cite-prefix>On 01.05.2026, Bob wrote:</div><blockquote type=cite>old</blockquote>",
            "On 01.05.2026, Bob wrote:\n\n> old",
        ),
    ],
)
def test_quotes_that_html_draws_get_marks(html: str, text: str) -> None:
    message = f"Content-Type: text/html\n\n<p>Hello</p>{html}".encode()
    assert quoting.quotable(parse.parse(message).body) == f"Hello\n\n{text}"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a\n\n> b\n>> c", "> a\n>\n>> b\n>>> c"),
        ("\n\na\n\n", "> a"),
        ("a\n-- \nAna\nCEO", "> a"),
        ("a\n--\nAna", "> a"),
        ("a\n-- \n" + "line\n" * 30, "> a\n> --\n" + "\n".join(["> line"] * 30)),
        ("-- \nAna", ""),
    ],
)
def test_every_line_is_quoted_once_more(text: str, quoted: str) -> None:
    assert quoting.quoted(text) == quoted


@pytest.mark.parametrize("text", ["line\n" * 100_000, "x" * 500_000])
def test_of_a_very_long_text_only_the_beginning_is_quoted(text: str) -> None:
    quoted = quoting.quoted(text)
    assert len(quoted) < 300_000
    assert quoted.endswith("\n> […]")
