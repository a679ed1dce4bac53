from mail.quotes import split
from mail.types import Block, BlockKind, Document, SafeText


def test_lines_beyond_the_bound_keep_their_characters_and_the_mark_of_the_last_line_looked_at():
    text = SafeText("\n".join(["Hello,", *["> quoted"] * 20_000, "last words"]))

    first, rest = split(Document((Block(BlockKind.TEXT, text),))).blocks

    assert (first.kind, first.text) == (BlockKind.TEXT, "Hello,")
    assert rest.kind is BlockKind.QUOTE
    assert rest.text.endswith("> quoted\nlast words")
