"""From mail to the screen: the only place where text of a message becomes what a widget shows.

Textual runs markup it finds in a `str` given to a widget, and hands escape characters to the terminal. So a widget of
the framework gets Content made here, and our own widgets draw segments of text that passed `line`.
"""

from __future__ import annotations

from rich.style import Style
from textual.content import Content

from mail.ids import SafeText
from mail.text import safe_line


def as_content(text: SafeText, style: str = "") -> Content:
    """Return safe text as Content: shown literally, whatever brackets it holds."""
    return Content.styled(text, style) if style else Content(text)


def line(text: str) -> SafeText:
    """Return text of a row as one safe line. The store holds it safe already: this is the second lock."""
    return SafeText(text) if text.isascii() and text.isprintable() else safe_line(text)


def labelled(label: str, text: str) -> Content:
    """Return a caption of ours in bold, then text that may come from a message."""
    return Content.assemble((label, "bold"), " ", line(text))


def link_style(url: str) -> Style:
    """Return the style that makes a terminal open `url` (OSC 8); no link when the URL is not printable ASCII."""
    return Style(link=url) if url.isascii() and url.isprintable() else Style()
