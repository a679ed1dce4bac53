"""The walk over an HTML tree that says line by line what is to be read."""

from __future__ import annotations

import re
from typing import Final

from selectolax.lexbor import LexborNode

from mail.html_css import HIDDEN, PLAIN, Look, StyleSheet, look
from mail.html_lines import Lines
from mail.html_quotes import Mark, mark
from mail.links import target
from mail.text import safe_line
from mail.types import BlockKind

_MOST_NODES: Final = 200_000
_MOST_INDENT: Final = 40
_RULE: Final = "─" * 24

_SKIPPED: Final = frozenset((
    "script", "style", "head", "title", "meta", "link", "base", "template", "iframe", "object", "embed", "applet", "svg",
    "canvas", "audio", "video", "noembed", "noframes", "frameset", "datalist", "select", "param", "source", "track",
))  # fmt: skip
_PARTED: Final = frozenset((  # by blank lines
    "h1", "h2", "h3", "h4", "h5", "h6", "dl", "figure", "pre", "xmp", "listing", "blockquote",
))  # fmt: skip
_BROKEN: Final = frozenset((
    "div", "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "address", "article", "aside", "center",
    "details", "dialog", "dir", "dd", "dt", "fieldset", "figcaption", "footer", "form", "header", "hgroup", "legend", "li",
    "main", "menu", "nav", "search", "section", "summary", "textarea", "body", "html", "p", "ul", "ol",
))  # fmt: skip
_FILLING: Final = "[\u034f\u200b-\u200d\u00ad\ufeff\u2007\u00a0\u2060\\s]"
_FILLER: Final = re.compile(
    f"{_FILLING}{_FILLING}{{3,}}"
)  # one by itself lets a search go past all else quickly
_FILE_NAME: Final = re.compile(
    r"\S+\.(?:png|gif|jpe?g|bmp|webp|svg|tiff?)|cid:.*|spacer|blank|pixel|image|img|photo|logo_?\d*"
)
_PIXEL: Final = re.compile(r"(?:^|[;\s])(?:max-)?(?:width|height):[01](?:px)?(?:;|$|!)")
_SMALL: Final = re.compile(r"\s*[01](?:px)?\s*")


class Walker:
    """What is true at the node being walked; frames put it back when an element ends."""

    def __init__(self, *, is_pruning: bool) -> None:
        self.lines = Lines()
        self.sheet = StyleSheet()
        self.urls: list[tuple[str, str]] = []
        self._is_pruning = is_pruning
        self._number_of: dict[str, int] = {}
        self._looks: dict[tuple[str, str, str, str], Look] = {}
        self._frames: list[tuple[str, bool, BlockKind, str, bool, bool, int]] = []
        self._rows: list[list[int]] = []
        self._counters: list[int | None] = []
        self._is_tiny = False
        self._keeps_spaces = False
        self._quote_depth = 0
        self._is_quote_to_the_end = False
        self._link_began: tuple[int, int] | None = None
        self._link_has_image = False

    def walk(self, root: LexborNode) -> bool:
        """Walk everything below a node; False when there is more than anyone reads."""
        node: LexborNode | None = root
        depth = 0
        for _ in range(_MOST_NODES):
            assert node is not None
            tag = node.tag or ""
            child = None
            if tag == "-text":
                self._text(node.text_content or "")
            elif tag == "br" and not node.attributes:
                self.lines.end_line(is_break=True)
            elif tag[0:1] not in ("-", "!", "") and self._enter(node, tag):
                child = node.child
                if child is not None:
                    node, depth = child, depth + 1
                    continue
                self._leave()
            while node is not None and (node.next is None or not depth):
                if not depth:
                    return True
                node, depth = node.parent, depth - 1
                self._leave()
            node = node.next if node is not None else None
        return False

    def _text(self, text: str) -> None:
        if self._is_tiny:
            return
        if not text.isascii():
            text = _FILLER.sub(" ", text)
        if self._keeps_spaces:
            self.lines.verbatim(text)
        else:
            self.lines.words(text)

    def _enter(self, node: LexborNode, tag: str) -> bool:
        if tag in _SKIPPED:
            return False
        attributes = node.attributes
        drawn = self._look(tag, attributes) if attributes else PLAIN
        if self._is_pruning and (drawn.is_hidden or (drawn.is_kept_from_outlook and _is_filler(node))):
            return False
        if tag in ("br", "hr", "img", "input", "wbr"):
            self._void(tag, attributes)
            return False
        lines = self.lines
        is_parted = self._is_parted(tag, drawn)
        self._frames.append(
            (tag, is_parted, lines.kind, lines.prefix, self._is_tiny, self._keeps_spaces, self._quote_depth)
        )
        if drawn.is_tiny is not None and self._is_pruning:
            self._is_tiny = drawn.is_tiny
        if drawn.keeps_spaces is not None:
            self._keeps_spaces = drawn.keeps_spaces
        if is_parted:
            lines.blank()
        elif tag in _BROKEN:
            lines.end_line()
        if attributes:
            self._mark(node, tag, attributes)
        self._open(tag, attributes)
        return True

    def _is_parted(self, tag: str, drawn: Look) -> bool:
        """Tell whether a blank line stands before and after an element."""
        if tag == "p":
            return not drawn.has_no_margin
        return tag in _PARTED or (tag in ("ul", "ol") and not self._counters)

    def _mark(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> None:
        found = mark(node, tag, attributes)
        if found is None:
            return
        if found is Mark.QUOTE_TO_THE_END:
            self._is_quote_to_the_end = True
        is_signature = found is Mark.SIGNATURE and self.lines.kind is BlockKind.TEXT
        self.lines.end_line()
        if is_signature or found is not Mark.SIGNATURE:
            self.lines.kind = BlockKind.SIGNATURE if is_signature else BlockKind.QUOTE

    def _open(self, tag: str, attributes: dict[str, str | None]) -> None:
        lines = self.lines
        if tag == "a":
            self._open_link(attributes.get("href") or "")
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append(len(lines.done))
        elif tag == "li":
            self._open_item()
        elif tag in ("ul", "ol"):
            start = attributes.get("start") or "1"
            self._counters.append(
                (int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1)
                if tag == "ol"
                else None
            )
        elif tag == "blockquote":
            self._open_quote(attributes)
        elif tag == "dd":
            self._indent("  ")
        elif tag in ("pre", "xmp", "listing", "textarea"):
            self._keeps_spaces = True

    def _open_link(self, href: str) -> None:
        found = target(href) if href and not href.startswith("#") else None
        if found is None:
            return
        number = self._number_of.setdefault(found[0], len(self.urls) + 1)
        if number > len(self.urls):
            self.urls.append(found)
        self.lines.begin_link(number)
        self._link_began, self._link_has_image = self.lines.is_at(), False

    def _open_item(self) -> None:
        if self._counters and self._counters[-1] is not None:
            bullet = f"{self._counters[-1]}. "
            self._counters[-1] += 1
        else:
            bullet = "• "
        self.lines.bullet = self.lines.prefix + bullet
        self._indent(" " * len(bullet))

    def _open_quote(self, attributes: dict[str, str | None]) -> None:
        style = (attributes.get("style") or "").replace(" ", "").lower()
        if self.lines.kind is BlockKind.QUOTE:
            self._indent("> " if self._quote_depth else "")
            self._quote_depth += 1
        elif "border:none" in style or "border:0" in style:  # how mail programs indent
            self._indent("  ")
        else:
            self._indent("> ")

    def _indent(self, further: str) -> None:
        if len(self.lines.prefix) < _MOST_INDENT:
            self.lines.prefix += further

    def _leave(self) -> None:
        tag, is_parted, kind, prefix, is_tiny, keeps_spaces, quote_depth = self._frames.pop()
        lines = self.lines
        if tag == "a" and self._link_began is not None:
            self._close_link()
        elif tag in ("ul", "ol"):
            self._counters.pop()
        if is_parted:
            lines.blank()
        elif tag in _BROKEN:
            lines.end_line()
        if tag == "tr":
            lines.join_cells(self._rows.pop())
        if kind is not lines.kind or prefix != lines.prefix:
            lines.end_line()
            lines.kind = BlockKind.QUOTE if self._is_quote_to_the_end else kind
            lines.prefix, lines.bullet = prefix, ""
        self._is_tiny, self._keeps_spaces, self._quote_depth = is_tiny, keeps_spaces, quote_depth

    def _close_link(self) -> None:
        if self._link_has_image and self.lines.is_at() == self._link_began:
            self.lines.words("[image]")
        self.lines.end_link()
        self._link_began = None

    def _void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self.lines.end_line(is_break=True)
        elif tag == "hr":
            self.lines.end_line()
            if (attributes.get("id") or "").lower() == "stopspelling":  # Hotmail's line over what it quotes
                self.lines.kind, self._is_quote_to_the_end = BlockKind.QUOTE, True
            self.lines.words(_RULE)
            self.lines.end_line()
        elif tag == "img":
            self._image(attributes)
        elif tag == "input" and (attributes.get("type") or "").lower() in ("submit", "button", "reset"):
            self.lines.words(f"[{attributes.get('value') or 'button'}]")

    def _image(self, attributes: dict[str, str | None]) -> None:
        style = (attributes.get("style") or "").lower().replace(" ", "")
        is_pixel = any(_SMALL.fullmatch(attributes.get(side) or "") for side in ("width", "height"))
        if (is_pixel or _PIXEL.search(style)) and self._is_pruning:
            return
        self._link_has_image = True
        alt = safe_line(attributes.get("alt") or "").strip()[:200]
        if alt and not alt.isascii() and len(alt) <= 2:  # an emoji drawn as a picture
            self.lines.words(alt)
        elif alt and not _FILE_NAME.fullmatch(alt.lower()):
            self.lines.words(f"[{alt}]")
        elif (attributes.get("src") or "").lower().startswith(("cid:", "data:")):
            self.lines.words("[image]")

    def _look(self, tag: str, attributes: dict[str, str | None]) -> Look:
        if "hidden" in attributes:
            return HIDDEN
        style, classes = attributes.get("style") or "", attributes.get("class") or ""
        identity = attributes.get("id") or "" if self.sheet.rules else ""
        key = (tag, style, classes, identity)
        found = self._looks.get(key)
        if found is None:
            found = self._looks[key] = look(self.sheet.style(tag, classes, identity), style, classes)
        return found


def _is_filler(node: LexborNode) -> bool:
    """Tell whether an element kept from Outlook alone says nothing to act on: a button's twin for Outlook is a comment."""
    return node.tag != "a" and node.css_first("a, img") is None
