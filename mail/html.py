"""HTML of a message as lines for a terminal, by a walk over lexbor's tree that meets every node once."""

from __future__ import annotations

from typing import Final

from selectolax.lexbor import LexborHTMLParser

from mail.html_flat import flat_text, is_too_tangled
from mail.html_walk import Walker
from mail.text import safe_block
from mail.types import Block, BlockKind, Document, Link, LinkSpan

MOST_CHARACTERS: Final = 4_000_000
_CUT: Final = "[…]"


def document(html: str) -> Document:
    """Return a message's HTML as lines: hidden text left out, links numbered, quotes of known programs marked as such.

    When all of it is hidden, it is shown: a message is never blank for its style.
    """
    return render(html)[0]


def render(html: str) -> tuple[Document, bool]:
    """Return the document, and whether it shows text that the message's style hides because there is no other."""
    is_cut = len(html) > MOST_CHARACTERS
    html = html[:MOST_CHARACTERS]
    if is_too_tangled(html):
        text = safe_block(flat_text(html))
        return Document((Block(BlockKind.TEXT, text),) if text else ()), False
    tree = LexborHTMLParser(html.encode("utf-8", "replace"))
    pruned = _walked(tree, is_pruning=True, is_cut=is_cut)
    if pruned.blocks:
        return pruned, False
    unpruned = _walked(tree, is_pruning=False, is_cut=is_cut)
    return unpruned, bool(unpruned.blocks)


def _walked(tree: LexborHTMLParser, *, is_pruning: bool, is_cut: bool) -> Document:
    walker = Walker(is_pruning=is_pruning)
    if is_pruning:
        for sheet in tree.tags("style"):
            walker.sheet.read(sheet.text())
    root = tree.body or tree.root
    if root is not None:  # pragma: no branch - lexbor gives any text a body
        is_cut = not walker.walk(root) or is_cut
    if is_cut and walker.lines.characters:
        walker.lines.end_line()
        walker.lines.words(_CUT)
    return _numbered(walker.lines.blocks(), walker.urls)


def _numbered(blocks: tuple[Block, ...], urls: list[tuple[str, str]]) -> Document:
    """Number the links anew in reading order: an anchor without words leaves no gap."""
    numbers: dict[int, int] = {}
    for block in blocks:
        for span in block.links:
            numbers.setdefault(span.number, len(numbers) + 1)
    if not numbers:
        return Document(blocks)
    links = tuple(Link(new, *urls[old - 1]) for old, new in numbers.items())
    return Document(tuple(_renumbered(block, numbers) for block in blocks), links)


def _renumbered(block: Block, numbers: dict[int, int]) -> Block:
    if not block.links:
        return block
    spans = [LinkSpan(span.start, span.end, numbers[span.number]) for span in block.links]
    return Block(block.kind, block.text, tuple(spans))
