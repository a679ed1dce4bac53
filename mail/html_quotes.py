"""Where mail programs mark quoted text and signatures in their HTML."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from selectolax.lexbor import LexborNode


class Mark(Enum):
    """What an element was marked as by the program that wrote it."""

    QUOTE = auto()
    QUOTE_TO_THE_END = auto()
    SIGNATURE = auto()


_QUOTES: Final = frozenset(
    [
        "gmail_attr",
        "yahoo_quoted",
        "yahooquoted",
        "moz-cite-prefix",
        "protonmail_quote",
        "tutanota_quote",
        "zmail_extra",
        "front-blockquote",
        "ms-outlook-mobile-reference-message",
        "gmail_quote_attribution",
        "quoted_attribution",
    ]
)
_QUOTE_IDS: Final = frozenset(
    [
        "mail-editor-reference-message-container",
        "yahoo_quoted",
        "olk_src_body_section",
        "reply-intro",
        "orimsghtmlseperator",
    ]
)
_TO_THE_END: Final = frozenset(("divrplyfwdmsg", "appendonsend", "stopspelling", "isreplycontent"))
_SIGNATURES: Final = frozenset(
    [
        "gmail_signature",
        "gmail_signature_prefix",
        "moz-signature",
        "protonmail_signature_block",
        "ms-outlook-mobile-signature",
        "signature",
        "email-signature",
    ]
)
_OUTLOOK_RULE: Final = re.compile(r"border-top:solid#(?:e1e1e1|b5c4df)", re.IGNORECASE)
_COLONS: Final = 3


def mark(node: LexborNode, tag: str, attributes: dict[str, str | None]) -> Mark | None:
    """Return what class, id or style say an element is."""
    identity = (attributes.get("id") or "").lower().removeprefix("x_")
    if identity in _TO_THE_END:
        return Mark.QUOTE_TO_THE_END
    if identity in _QUOTE_IDS:
        return Mark.QUOTE
    classes = (attributes.get("class") or "").lower().split()[:20]
    for name in (name.removeprefix("x_") for name in classes):
        if name in _QUOTES or (name == "gmail_quote" and _is_all_quote(node, tag)):
            return Mark.QUOTE
        if name in _SIGNATURES:
            return Mark.SIGNATURE
    if identity == "signature":
        return Mark.SIGNATURE
    if tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        return Mark.QUOTE
    style = attributes.get("style")
    if style and "order-top" in style and _OUTLOOK_RULE.search(style.replace(" ", "")) and _has_headers(node):
        return Mark.QUOTE_TO_THE_END
    return None


def _is_all_quote(node: LexborNode, tag: str) -> bool:
    """Tell whether Gmail's container holds the quote alone: with a blockquote inside, answers may stand between."""
    return tag == "blockquote" or node.css_first("blockquote") is None


def _has_headers(node: LexborNode) -> bool:
    return len(text := node.text()) < 4_000 and text.count(":") >= _COLONS
